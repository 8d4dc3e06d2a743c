#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The packages: they agree with each other, the Debian ones build from what a checkout holds, and a
# Debian system on which they are installed logs without a further word. That system is this one
# under an overlay, with mounts, processes and a network of its own: nothing of it is left behind.
use strict;
use warnings;
use File::Temp ();
use FindBin;
use JSON::PP ();
use POSIX ();
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Httpd qw(run source_dir tool);
use T2M::Log qw(count_lines);
use T2M::Process qw(alive children wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Source qw(files_in text_of);

my $PACKAGE = 'libapache2-mod-t2mlog';
my @STREAMS = qw(talk2me errors access security performance);
my $LOGS = '/var/log/apache2/t2mlog';
my $source = source_dir();
my $scratch = File::Temp::tempdir('t2mlog-packages-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $scratch;
my $keeper; # holds the namespaces together; whatever runs in them ends with it
my $system; # where its root is for us

$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);
$SIG{ALRM} = sub { die "the test takes too long\n" };
alarm 600;

END {
    my $status = $?;
    if ($keeper) {
        kill 'KILL', $keeper;
        waitpid($keeper, 0);
    }
    $? = $status;
}

sub succeeds {
    my ($what, @command) = @_;
    my ($code, $output) = run(@command);
    is($code, 0, $what) or diag "@command\n", substr($output, -3000);
    return $output;
}

subtest 'versions' => sub {
    my ($version) = text_of('configure.ac') =~ /^AC_INIT\(\[mod_t2mlog\], \[([^\]]+)\]/m;
    like($version // '', qr/^\d+\.\d+\.\d+$/, 'of configure.ac');
    my ($debian) = text_of('debian/changelog') =~ /\A\S+ \(([^)]+)\)/;
    is(($debian // '') =~ s/-\d+$//r, $version, 'of debian/changelog');
    my ($rpm) = text_of('packaging/mod_t2mlog.spec') =~ /^Version:\s+(\S+)/m;
    is($rpm, $version, 'of the spec file');
};

# --- RPM -----------------------------------------------------------------------------------------

subtest 'the spec file' => sub {
    plan skip_all => 'no rpmspec' if !tool('rpmspec');
    my %macros = (_httpd_apxs => '/usr/bin/apxs', _httpd_moddir => '/usr/lib64/httpd/modules',
        _httpd_modconfdir => '/etc/httpd/conf.modules.d', _httpd_mmn => '20120211x8664');
    my $text = succeeds('is understood', 'rpmspec', '-P',
        (map { ('-D', "$_ $macros{$_}") } sort keys %macros),
        "$source/packaging/mod_t2mlog.spec");
    unlike($text, qr/%\{_|_httpd/, 'no macro is left');
    like($text, qr/^Requires:\s+httpd-mmn = 20120211x8664$/m, 'it asks for the ABI of this httpd');
    like($text, qr/--with-apxs=$macros{_httpd_apxs} .*modexecdir=$macros{_httpd_moddir}/, 'build');
    like($text, qr{^\%config\(noreplace\) $macros{_httpd_modconfdir}/10-t2mlog\.conf$}m, 'files');
    return if !tool('rpmlint');
    my (undef, $found) = run('rpmlint', "$source/packaging/mod_t2mlog.spec");
    like($found, qr/ 0 errors/, 'rpmlint') or diag $found;
};

# --- configurations for other programs -----------------------------------------------------------

# A python that has the module, or undef.
sub python_with {
    my ($module) = @_;
    for my $python (grep { defined } '/usr/bin/python3', tool('python3')) {
        return $python if -x $python && (run($python, '-c', "import $module"))[0] == 0;
    }
    return undef;
}

sub parses_with {
    my ($module, $load, $file) = @_;
    my $python = python_with($module) or return note "$file: no python with $module";
    succeeds("$file is well formed", $python, '-c', "import sys, $module; $load",
        "$source/conf/$file");
    return;
}

subtest 'configurations for other programs' => sub {
    my @shippers = qw(cloudwatch-agent.json filebeat.yml fluent-bit.conf otel-collector.yaml
        rsyslog.conf vector.toml);
    for my $file (@shippers) {
        my $text = text_of("conf/$file");
        my @named = $text =~ m{\Q$LOGS\E/\*\.log} ? @STREAMS
            : grep { $text =~ m{\Q$LOGS/$_.log\E} } @STREAMS;
        is_deeply(\@named, \@STREAMS, "$file reads every stream");
        unlike($text =~ s/^\s*#.*$//mgr, qr/copytruncate/, "$file does not truncate");
    }
    ok(eval { JSON::PP::decode_json(text_of('conf/cloudwatch-agent.json')) }, 'JSON') or diag $@;
    parses_with('yaml', 'yaml.safe_load(open(sys.argv[1]))', $_)
        for grep { /\.ya?ml$/ } map { s{^conf/}{}r } files_in(qr/./, 'conf');
    parses_with('tomllib', 'tomllib.load(open(sys.argv[1], "rb"))', 'vector.toml');
    succeeds('rsyslog.conf', 'rsyslogd', '-N1', '-f', "$source/conf/rsyslog.conf")
        if tool('rsyslogd');
    succeeds('prometheus.yml', 'promtool', 'check', 'config', '--syntax-only',
        "$source/conf/prometheus.yml") if tool('promtool');
    succeeds('prometheus-rules.yml', 'promtool', 'check', 'rules',
        "$source/conf/prometheus-rules.yml") if tool('promtool');
    succeeds('logrotate.conf', 'logrotate', '-d', '-s', "$scratch/logrotate",
        "$source/conf/logrotate.conf") if tool('logrotate') && $> == 0;
    my $index = text_of('conf/README.md');
    like($index, qr/`\Q$_\E`/, "README.md names $_")
        for grep { $_ ne 'README.md' } map { s{^conf/}{}r } files_in(qr/./, 'conf');
};

# --- building ------------------------------------------------------------------------------------

# What a checkout holds: nothing that was built or generated.
sub copy_source {
    my ($target) = @_;
    mkdir $target or die "$target: $!";
    my @without = map { "--exclude=./$_" } qw(.git build build-* autom4te.cache configure configure~
        Makefile.in aclocal.m4 m4 debian/.debhelper debian/tmp debian/files);
    return run('sh', '-c', 'tar -cf - "$@" . | tar -C "$0" -xf -', $target, '-C', $source, @without);
}

sub contents {
    my ($package) = @_;
    my (undef, $list) = run('dpkg-deb', '-c', $package);
    return map { (split ' ', $_, 6)[5] =~ s/^\.//r } grep { !/^d/ } split(/\n/, $list);
}

sub build_packages {
    copy_source("$scratch/tree");
    my (undef, $answer) = run('getconf', '_NPROCESSORS_ONLN');
    my ($processors) = $answer =~ /^(\d+)$/m;
    $processors //= 1;
    succeeds('dpkg-buildpackage', 'env', '-u', 'MAKEFLAGS', '-u', 'MAKELEVEL', '-C', "$scratch/tree",
        "DEB_BUILD_OPTIONS=nocheck noautodbgsym parallel=$processors",
        'dpkg-buildpackage', '-b', '-us', '-uc');
    my @packages = sort glob("$scratch/$PACKAGE*.deb");
    is_deeply([map { m{/([^/_]+)_[^/]*$} } @packages], ["$PACKAGE-dev", $PACKAGE], 'two packages');
    return @packages == 2 ? reverse @packages : ();
}

my ($module, $header);

subtest 'Debian packages' => sub {
    for my $needed (qw(dpkg-buildpackage dh dh_apache2 apxs)) {
        plan skip_all => "no $needed" if !tool($needed);
    }
    my ($code, $missing) = run('dpkg-checkbuilddeps', "$source/debian/control");
    plan skip_all => $missing =~ s/.*?error: //r =~ s/\n.*//sr if $code;

    ($module, $header) = build_packages();
    return if !$module;
    my %has = map { ($_ => 1) } contents($module);
    ok($has{$_}, $_) for '/usr/lib/apache2/modules/mod_t2mlog.so', '/usr/bin/t2mlog',
        map { "/etc/apache2/mods-available/t2mlog.$_" } qw(load conf);
    my ($examples) = "/usr/share/doc/$PACKAGE/examples";
    for my $file (map { s{^conf/}{}r } files_in(qr/./, 'conf')) {
        my $there = $has{"$examples/$file"} || $has{"$examples/$file.gz"} || 0;
        my $wanted = $file !~ /^t2mlog\.(?:load|conf)$/ ? 1 : 0;
        is($there, $wanted, $wanted ? "example $file" : "$file is no example");
    }
    is_deeply([grep { /\.l?a$/ } keys %has], [], 'no archives of libtool');
    ok($has{'/usr/share/man/man1/t2mlog.1.gz'}, 'manual page') if -e "$source/docs/t2mlog.1";
    is_deeply([grep { /\.h$/ } contents($header)], ['/usr/include/apache2/mod_t2mlog.h'], 'header')
        if -e "$source/mod_t2mlog.h";
    if (tool('lintian')) {
        my (undef, $found) = run('lintian', '--allow-root', '--tag-display-limit', '0', $module, $header);
        is_deeply([$found =~ /^(E: .*)$/mg], [], 'lintian finds no error');
        note $found;
    }
};

# --- installing ----------------------------------------------------------------------------------

my $SETUP = <<'SETUP';
set -e
mount -t tmpfs -o mode=0755 tmpfs "$0"
mkdir "$0/upper" "$0/work" "$0/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" "$0/root"
mount -t proc proc "$0/root/proc"
mount --rbind /dev "$0/root/dev"
mount -t tmpfs -o mode=0755 tmpfs "$0/root/run"
mount -t tmpfs -o mode=1777 tmpfs "$0/root/tmp"
mkdir "$0/root/run/lock" "$0/root/packages"
cp "$@" "$0/root/packages"
printf '#!/bin/sh\nexit 101\n' >"$0/root/usr/sbin/policy-rc.d"
chmod 755 "$0/root/usr/sbin/policy-rc.d"
ip link set lo up
touch "$0/root/ready"
while :; do sleep 1; done
SETUP

# Makes the other system. Returns undef, or why there is none.
sub make_system {
    return 'not root' if $> != 0;
    for my $needed (qw(unshare nsenter mount ip curl apt-get)) {
        return "no $needed" if !tool($needed);
    }
    mkdir "$scratch/system";
    $keeper = fork // die "fork: $!";
    if (!$keeper) {
        open(STDOUT, '>', "$scratch/setup");
        open(STDERR, '>&', \*STDOUT);
        exec('unshare', '--mount', '--propagation', 'private', '--net', '--pid', '--fork',
            '--kill-child', 'sh', '-c', $SETUP, "$scratch/system", $module, $header)
            or POSIX::_exit(127);
    }
    wait_until(20, sub {
        my ($first) = children($keeper);
        return 1 if !alive($keeper);
        return 0 if !$first || !-e "/proc/$first/root$scratch/system/root/ready";
        $system = $first;
        return 1;
    });
    return $system ? undef : "no overlay in a namespace: " . read_file("$scratch/setup") =~ s/\n.*//sr;
}

# A command in that system; with the network of this one if "online".
sub there {
    my ($command, $online) = @_;
    my @network = $online ? () : ('--net');
    return run('nsenter', '--target', $system, '--mount', '--pid', @network, 'chroot',
        "$scratch/system/root", 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C',
        'DEBIAN_FRONTEND=noninteractive', 'sh', '-c', "$command </dev/null");
}

sub there_succeeds {
    my ($what, $command) = @_;
    my ($code, $output) = there($command);
    is($code, 0, $what) or diag "$command\n", substr($output, -3000);
    return $output;
}

# A path of that system, for us.
sub path_there { return "/proc/$system/root$scratch/system/root$_[0]" }

sub log_file { return path_there("$LOGS/$_[0].log") }

sub install_apache2 {
    my $install = 'apt-get -q -y --no-install-recommends install apache2';
    my ($code, $output) = there($install, 1);
    ($code, $output) = there("apt-get -q update && $install", 1) if $code;
    return $code ? 'apache2 cannot be installed: ' . (split /\n/, $output)[-1] : undef;
}

# Status and request id of an answer.
sub request {
    my ($path) = @_;
    my (undef, $answer) = there("curl -s --max-time 10 --path-as-is -D - -o /dev/null 'http://127.0.0.1$path'");
    my ($status) = $answer =~ m{^HTTP/\S+ (\d+)};
    my ($id) = $answer =~ /^X-Request-ID: (\S+)/mi;
    return ($status // 0, $id);
}

# Restarts gracefully and waits until the module answers, or does not.
sub reload {
    my ($logging) = @_;
    there_succeeds('reload', 'apache2ctl graceful');
    ok(wait_until(20, sub {
        my ($status, $id) = request('/');
        return $status == 200 && !defined $id == !$logging;
    }), $logging ? 'requests get an id' : 'requests get no id');
}

# What the stream's file says of a request, once it says anything.
sub line_of {
    my ($stream, $id) = @_;
    my @found;
    wait_until(10, sub { @found = T2M::Log->new(log_file($stream), growing => 1)->by_id($id) });
    return @found;
}

sub check_streams {
    my ($status, $id) = request('/not-there?password=hunter2');
    is($status, 404, 'a page that is not there');
    my @lines = line_of('access', $id);
    is(@lines, 1, 'has its access line');
    is($lines[0]{status}, 404, 'with its status') if @lines;
    is(scalar line_of('performance', $id), 1, 'and its performance line');
    for my $file (qw(talk2me errors)) {
        # Debian's configuration has no ServerName, which httpd complains of.
        ok(wait_until(10, sub { count_lines(log_file($file)) }), "$file.log has lines");
    }
    my (undef, $directives) = there('apache2ctl -L');
    return if $directives !~ /^T2MLogDetect/m;
    request($_) for map { ($_) x 3 } '/.env', '/wp-login.php', '/../../etc/passwd', '/.git/config';
    ok(wait_until(10, sub { count_lines(log_file('security')) }), 'security.log has lines');
}

sub check_files {
    my @mode = stat path_there($LOGS);
    is(sprintf('%o %d %s', $mode[2] & 07777, $mode[4], scalar getgrgid $mode[5]), '750 0 adm',
        'the directory is for root and adm');
    for my $file (grep { -e log_file($_) } @STREAMS) {
        my @stat = stat log_file($file);
        is(sprintf('%o %s', $stat[2] & 07777, scalar getgrgid $stat[5]), '640 adm', "$file.log");
        is_deeply([T2M::Log->new(log_file($file))->problems], [], "$file.log is well formed");
    }
    unlike(join('', map { read_file(log_file($_)) } @STREAMS), qr/hunter2/, 'no secret');
}

subtest 'a Debian system' => sub {
    plan skip_all => 'no packages' if !$module;
    my $why = make_system() // install_apache2();
    plan skip_all => $why if $why;

    there_succeeds('httpd starts', 'apache2ctl start');
    ok(wait_until(20, sub { (request('/'))[0] == 200 }), 'and answers');
    ok(!-e path_there($LOGS), 'without our logs');

    there_succeeds('the packages install', 'apt-get -q -y install /packages/*.deb');
    like((there('a2query -m t2mlog'))[1], qr/^t2mlog \(enabled/, 'the module is enabled');
    like(there_succeeds('t2mlog runs', 't2mlog version'), qr/^t2mlog \d/, 'and says what it is');
    reload(1);
    check_streams();

    there_succeeds('a2dismod', 'a2dismod -q t2mlog');
    reload(0);
    my $before = count_lines(log_file('access'));
    there_succeeds('a2enmod', 'a2enmod -q t2mlog');
    reload(1);
    my ($status, $id) = request('/');
    is(scalar line_of('access', $id), 1, 'after a2enmod and a reload it logs again');
    cmp_ok($before, '<', count_lines(log_file('access')), 'into the same file');

    if (-e "$source/mod_t2mlog.h") {
        write_file(path_there('/tmp/use.c'), "#include \"httpd.h\"\n#include \"mod_t2mlog.h\"\n");
        there_succeeds('another module can be built with the header',
            'cd /tmp && apxs -c use.c && test -e .libs/use.so');
    }

    there_succeeds('purge', "apt-get -q -y purge $PACKAGE $PACKAGE-dev");
    is((there('find /etc/apache2 /var/lib/apache2 /usr -xdev -name "*t2mlog*"'))[1], '', 'nothing is left');
    there_succeeds('the configuration is good', 'apache2ctl configtest');
    reload(0);
    there_succeeds('httpd stops', 'apache2ctl stop');
    ok(wait_until(20, sub { (there('pgrep -c "apache2|t2mlog"'))[1] == 0 }), 'with all its processes')
        or diag +(there('ps ax'))[1];
    check_files();
};

done_testing();
