# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Where httpd, its modules and the things under test are. T2M_HTTPD and T2M_MODULES name the
# server and its module directory; else apxs is asked, else the usual places are looked at.
# T2M_BUILD_DIR holds mod_t2mlog.so and t2mlog; without it that is build/ below the source.
package T2M::Httpd;
use strict;
use warnings;
use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename qw(dirname);

our @EXPORT_OK = qw(httpd module_file has_module load_line tool built source_dir run server_user);

my $SOURCE = abs_path(dirname(abs_path(__FILE__)) . '/../../..');
my (%static, $server, $modules);

sub source_dir { return $SOURCE }

# The output (both channels) and the exit code of a command given as a list.
sub run {
    my @command = @_;
    my $pid = open(my $pipe, '-|') // die "fork: $!";
    if (!$pid) {
        open(STDERR, '>&', \*STDOUT);
        exec(@command) or exit 127;
    }
    my $output = do { local $/; <$pipe> } // '';
    close($pipe);
    return ($? >> 8, $output);
}

# A program's full path, or undef.
sub tool {
    my ($name) = @_;
    for my $dir (split(/:/, $ENV{PATH} // ''), qw(/usr/sbin /usr/local/sbin /sbin /usr/bin)) {
        return "$dir/$name" if -x "$dir/$name" && !-d _;
    }
    return undef;
}

sub apxs_answer {
    my ($question) = @_;
    my $apxs = $ENV{APXS} || tool('apxs') || tool('apxs2') or return '';
    my ($code, $output) = run($apxs, '-q', $question);
    chomp $output;
    return $code == 0 ? $output : '';
}

# httpd's path, or undef when there is none on this machine.
sub httpd {
    return $server if defined $server;
    $server = $ENV{T2M_HTTPD};
    if (!$server) {
        my ($dir, $name) = (apxs_answer('SBINDIR'), apxs_answer('PROGNAME'));
        $server = "$dir/$name" if $dir && $name && -x "$dir/$name";
    }
    $server ||= tool('apache2') || tool('httpd');
    return $server;
}

sub module_dir {
    return $modules if defined $modules;
    my (undef, $settings) = run(httpd(), '-V');
    my ($root) = $settings =~ /HTTPD_ROOT="([^"]*)"/;
    for my $dir ($ENV{T2M_MODULES}, apxs_answer('LIBEXECDIR'), '/usr/lib/apache2/modules',
        '/usr/lib64/httpd/modules', '/usr/local/libexec/apache24', ($root // '') . '/modules') {
        return $modules = $dir if $dir && -d $dir;
    }
    die "httpd's module directory was not found: set T2M_MODULES\n";
}

sub is_static {
    my ($name) = @_;
    if (!%static) {
        my (undef, $list) = run(httpd(), '-l');
        $static{$_} = 1 for $list =~ /^\s+(?:mod_)?(\w+)\.c$/mg;
    }
    return $static{$name};
}

# The file of a module that is loaded at run time: mod_cgi.so for "cgi"; undef when absent.
sub module_file {
    my ($name) = @_;
    my $file = module_dir() . "/mod_$name.so";
    return -e $file ? $file : undef;
}

sub has_module {
    my ($name) = @_;
    return httpd() && (is_static($name) || defined module_file($name));
}

# The LoadModule line of a module; empty when httpd was linked with it.
sub load_line {
    my ($name) = @_;
    return '' if is_static($name);
    my $file = module_file($name) // die "mod_$name.so is not installed\n";
    return qq(LoadModule ${name}_module "$file"\n);
}

# A file that the build leaves: mod_t2mlog.so or t2mlog.
sub built {
    my ($name) = @_;
    my $file = ($ENV{T2M_BUILD_DIR} || "$SOURCE/build") . "/$name";
    -e $file or die "$file is not there: build first, or set T2M_BUILD_DIR\n";
    return abs_path($file);
}

# Whom the server's children run as when it is started by root: (name, group, uid, gid).
sub server_user {
    for my $name (qw(www-data apache www daemon nobody)) {
        my ($uid, $gid) = (getpwnam $name)[2, 3];
        return ($name, scalar getgrgid($gid), $uid, $gid) if defined $uid;
    }
    die "no user for the server's children: www-data, apache, www, daemon or nobody\n";
}

1;
