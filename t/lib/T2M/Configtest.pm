# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# `httpd -t` with a configuration of a few lines, in a ServerRoot of its own with a copy of the
# module: what it says and whether it passes.
package T2M::Configtest;
use strict;
use warnings;
use Exporter 'import';
use File::Copy qw(copy);
use File::Find ();
use File::Path qw(make_path);
use File::Temp ();
use IO::Socket::INET;
use POSIX ();
use Test::More;

use T2M::Httpd qw(built httpd load_line server_user);
use T2M::Root qw(write_file);

our @EXPORT_OK = qw($root httpd_says passes refuses tree directory many);

if (!httpd()) { plan skip_all => 'no httpd on this machine' }

delete @ENV{qw(LOG_LEVEL LOG_FILE ERROR_LOG_FILE FLASK_ENV LOG_MAX_BYTES LOG_BACKUP_COUNT)};
umask 022;
our $root = File::Temp::tempdir('t2mlog-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $root;
make_path("$root/logs", "$root/run", "$root/modules");
for my $file (qw(mod_t2mlog.so t2mlog)) {
    copy(built($file), "$root/modules/$file") or die "$file: $!";
}
chmod 0755, "$root/modules/t2mlog";
my $port = do { IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)->sockport };
my $base = join '', map { load_line($_) } 'mpm_' . ($ENV{MPM} || 'event'), qw(authz_core unixd);

# A whole configuration around lines, which may set the ErrorLog themselves.
sub configuration {
    my ($lines) = @_;
    my $error_log = $lines =~ /^ErrorLog/m ? '' : qq(ErrorLog "$root/logs/error.log"\n);
    my $user = $> ? '' : sprintf "User %s\nGroup %s\n", (server_user())[0, 1];
    return <<"CONF";
ServerRoot "$root"
DefaultRuntimeDir "$root/run"
PidFile "$root/run/httpd.pid"
ServerName test.example
Listen 127.0.0.1:$port
$base$user${error_log}LoadModule t2mlog_module "$root/modules/mod_t2mlog.so"
$lines
CONF
}

# The exit code and all output of httpd. Options: arguments (-t), env, uid. A server that
# starts although it should not is one process (-X) and is killed after 20 seconds.
sub httpd_says {
    my ($lines, %option) = @_;
    write_file("$root/httpd.conf", configuration($lines));
    my $pid = open(my $pipe, '-|') // die "fork: $!";
    if (!$pid) {
        open(STDERR, '>&', \*STDOUT);
        %ENV = (%ENV, %{ $option{env} // {} });
        $ENV{LD_PRELOAD} = $ENV{T2M_PRELOAD} if $ENV{T2M_PRELOAD};
        POSIX::setuid($option{uid}) if $option{uid};
        exec(httpd(), @{ $option{arguments} // ['-t'] }, '-f', "$root/httpd.conf") or exit 127;
    }
    local $SIG{ALRM} = sub { kill 'KILL', $pid };
    alarm 20;
    my $output = do { local $/; <$pipe> } // '';
    close($pipe);
    alarm 0;
    return ($?, $output);
}

sub passes {
    my ($lines, $name, %option) = @_;
    my ($code, $output) = httpd_says($lines, %option);
    ok($code == 0 && $output =~ /Syntax OK/, "good: $name") or diag($output);
    return $output;
}

sub refuses {
    my ($lines, $name, @patterns) = @_;
    my ($code, $output) = httpd_says($lines);
    my @missing = grep { $output !~ $_ } @patterns;
    ok($code != 0 && !@missing, "bad: $name") or diag("exit $code, not said: @missing\n$output");
    return $output;
}

sub tree {
    my @files;
    File::Find::find({ no_chdir => 1, wanted => sub { push @files, $_ } }, $root);
    return join "\n", grep { !/httpd\.conf$/ } sort @files;
}

# Makes a directory of that mode below the ServerRoot and returns its path.
sub directory {
    my ($name, $mode) = @_;
    make_path("$root/$name");
    chmod $mode, "$root/$name" or die "$name: $!";
    return "$root/$name";
}

# count times the directive, with the count in the place of %d.
sub many {
    my ($count, $directive) = @_;
    return join "\n", map { $directive =~ s/%d/$_/r } 1 .. $count;
}

1;
