# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Modules that a test brings along: compiled as their authors would, by apxs against mod_t2mlog.h.
package T2M::Module;
use strict;
use warnings;
use Cwd qw(getcwd);
use Exporter 'import';
use File::Basename qw(basename);
use File::Copy qw(copy);
use File::Temp ();

use T2M::Httpd qw(run source_dir tool);

our @EXPORT_OK = qw(compiled);

# The shared object made of a source file of the project, warnings being errors; undef without apxs
# or a compiler. Dies with what the compiler said.
sub compiled {
    my ($source, @flags) = @_;
    my $apxs = $ENV{APXS} || tool('apxs') || tool('apxs2') or return undef;
    my (undef, $compiler) = run($apxs, '-q', 'CC');
    return undef if !tool(basename((split ' ', $compiler)[0] // ''));
    my $place = File::Temp::tempdir('t2mlog-module-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $place;
    my $name = basename($source);
    copy(source_dir() . "/$source", "$place/$name") or die "$source: $!";
    my $back = getcwd();
    chdir $place or die "$place: $!";
    my ($code, $output) = run($apxs, '-c', '-I', source_dir(), (map { "-Wc,$_" }
        qw(-Wall -Wextra -Werror -Wno-unused-parameter)), @flags, $name);
    chdir $back or die "$back: $!";
    my $object = "$place/.libs/" . ($name =~ s/\.c$/.so/r);
    die "apxs -c $source: $output" if $code || !-e $object;
    return $object;
}

1;
