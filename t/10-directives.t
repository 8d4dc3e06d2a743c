#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The directives through a real `httpd -t`: what each takes and refuses and with which words, where
# it may stand, that the reference file, the manual and `httpd -L` agree, and the checks of the
# configuration as a whole.
use strict;
use warnings;
use File::Copy qw(copy);
use File::Find ();
use File::Path qw(make_path);
use File::Temp ();
use FindBin;
use IO::Socket::INET;
use POSIX ();
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Httpd qw(httpd load_line built source_dir server_user);
use T2M::Root qw(read_file write_file);

if (!httpd()) { plan skip_all => 'no httpd on this machine' }

delete @ENV{qw(LOG_LEVEL LOG_FILE ERROR_LOG_FILE FLASK_ENV)};
umask 022;
my $root = File::Temp::tempdir('t2mlog-XXXXXX', TMPDIR => 1, CLEANUP => 1);
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

# --- what each directive takes and refuses ------------------------------------------------------

my $STREAMS = qr/allowed: app, errors, access, security, performance/;
my $LEVELS = qr/allowed: DEBUG, INFO, WARNING, ERROR, CRITICAL/;
my $FILES = qr{allowed: off, /dev/stdout, /dev/stderr, an absolute path, or a file name relative};
my $RECORD = qr/allowed: 1K to 64K/;
my $BUFFER = qr/allowed: 64K to 1G .*power of two/;
my $OPTIONS = qr/allowed: header=NAME, trust=CIDR, respond=on\|off/;
my $TOKEN = qr/allowed: 1 to 64 of the characters A-Z a-z/;
my $NETWORK = qr{allowed: an IP address or a network such as 10\.0\.0\.0/8 or fd00::/8};
my $DURATION = qr/allowed: 1ms to 24h/;
my $MASK = qr/allowed: key NAME\.\.\., header NAME\.\.\., off/;
my $NAME = qr/allowed: 1 to 64 bytes without control characters/;
my $long = 'n' x 65;

my %good = (
    T2MLog => [qw(On Off on)],
    T2MLogDir => ['logs/other', "$root/logs/other/", 'logs/../logs/other'],
    T2MLogFile => ['app a.log', 'ERRORS off', 'access Off', 'security /dev/stdout',
        'performance /dev/stderr', "app $root/logs/app.log", 'app site/a..b.log', 'app "a b.log"'],
    T2MLogLevel => [qw(DEBUG INFO WARNING ERROR CRITICAL info), 'app DEBUG', 'performance error'],
    T2MLogApp => ['shop', '"my shop"', 'n' x 64],
    T2MLogEnvironment => ['staging'],
    T2MLogMaxRecord => [qw(1K 1024 8k 64K 65536 1025)],
    T2MLogRequestID => ['header=X-Correlation-ID', 'trust=127.0.0.1', 'trust=::1 trust=10.0.0.0/8',
        'respond=off header=x.y!#$%&*+-^_`|~ trust=fd00::/8', 'RESPOND=ON'],
    T2MLogSlow => [qw(1ms 250ms 2 2s 5min 24h 1440min)],
    T2MLogMask => ['key pin', 'key pin voucher-code a.b_c', 'header X-Partner-Key', 'off', 'KEY x'],
    T2MLogClientIP => [qw(full truncate hmac none HMAC)],
    T2MLogBuffer => [qw(64K 65537 10M 1G 1073741824 1m)],
    T2MLogProgram => ['modules/t2mlog', "$root/modules/t2mlog"],
    T2MLogUser => [scalar getpwuid($>)],
);

my @bad = (
    ['T2MLog Maybe', qr/must be On or Off/],
    ['T2MLogDir', qr/takes one argument/],
    ['T2MLogDir ""', qr/takes one argument/],
    ['T2MLogDir /', qr/cannot be a log directory/, qr/allowed: /],
    ['T2MLogDir "|cat"', qr/cannot be a log directory/, qr/allowed: /],
    ['T2MLogFile app', qr/takes two arguments/, qr/app, errors, access, security or performance/],
    ['T2MLogFile audit a.log', qr/unknown stream "audit"/, $STREAMS],
    ['T2MLogFile app ""', qr/takes two arguments/],
    ['T2MLogFile app "|rotatelogs x"', qr/a pipe/, $FILES],
    ['T2MLogFile app logs/', qr/a directory/, $FILES],
    ['T2MLogFile app .hidden', qr/begins with a dot/, $FILES],
    ['T2MLogFile app ./a.log', qr/begins with a dot/, $FILES],
    ['T2MLogFile app logs/.hidden', qr/begins with a dot/, $FILES],
    ['T2MLogFile app ..', qr/"\.\." in a relative path/, $FILES],
    ['T2MLogFile app ../a.log', qr/"\.\." in a relative path/, $FILES],
    ['T2MLogFile app a/../b.log', qr/"\.\." in a relative path/, $FILES],
    ["T2MLogFile app \"a\tb.log\"", qr/a control character/, $FILES],
    ['T2MLogLevel LOUD', qr/unknown level "LOUD"/, $LEVELS],
    ['T2MLogLevel app LOUD', qr/unknown level "LOUD"/, $LEVELS],
    ['T2MLogLevel app', qr/unknown level "app"/, $LEVELS],
    ['T2MLogLevel audit INFO', qr/unknown stream "audit"/, $STREAMS],
    ['T2MLogLevel', qr/takes 1-2 arguments/, qr/DEBUG, INFO \(default\), WARNING/],
    ['T2MLogApp ""', qr/takes one argument/],
    ["T2MLogApp $long", qr/longer than 64 bytes/, $NAME],
    ["T2MLogApp \"a\x01b\"", qr/control character/, $NAME],
    ["T2MLogEnvironment $long", qr/longer than 64 bytes/, $NAME],
    (map { ["T2MLogMaxRecord $_", qr/bad size/, $RECORD] }
        qw(1023 64.5K 65537 65K 0 -1 +8K 8KB 8x K 18446744073709559808
            18014398509481985K)),
    (map { ["T2MLogBuffer $_", qr/bad size/, $BUFFER] }
        qw(63K 65535 0 1073741825 2G 1025M -1 1T 1MM 99999999999999999999 17179869184G)),
    ['T2MLogRequestID', qr/no option/, $OPTIONS],
    ['T2MLogRequestID X-Request-ID', qr/unknown option "X-Request-ID"/, $OPTIONS],
    ['T2MLogRequestID header', qr/unknown option "header"/, $OPTIONS],
    ['T2MLogRequestID header=', qr/"" is no header name/, $TOKEN],
    ['T2MLogRequestID "header=X Y"', qr/"X Y" is no header name/, $TOKEN],
    ['T2MLogRequestID header=X:Y', qr/is no header name/, $TOKEN],
    ["T2MLogRequestID header=\xc3\xa9", qr/is no header name/, $TOKEN],
    ["T2MLogRequestID header=$long", qr/is no header name/, $TOKEN],
    ['T2MLogRequestID header=A header=B', qr/header= is given twice/, qr/allowed: once/],
    ["T2MLogRequestID header=A\nT2MLogRequestID header=B", qr/header= is given twice/],
    ['T2MLogRequestID respond=on trust=::1 respond=on', qr/respond= is given twice/],
    ['T2MLogRequestID respond=maybe', qr/respond=maybe is unknown/, qr/respond=on, respond=off/],
    (map { ["T2MLogRequestID trust=$_", qr/is no network/, $NETWORK] }
        ('', qw(localhost 10.0.0.0/ 10.0.0.0/33 10.0.0.0/-1 10.0.0.0/8x /8 ::1/129 1.2.3.4.5))),
    (map { ["T2MLogSlow $_", qr/bad duration/, $DURATION] }
        qw(0 0ms -1 2.5s 2sx 2seconds 5m 25h 1d s 86401 99999999999999999999s)),
    ['T2MLogMask', qr/no name/, $MASK],
    ['T2MLogMask key', qr/no name/, $MASK],
    ['T2MLogMask header', qr/no name/, $MASK],
    ['T2MLogMask cookie sid', qr/unknown word "cookie"/, $MASK],
    ['T2MLogMask off key', qr/off takes no names/, $MASK],
    ['T2MLogMask key a "b c"', qr/key name "b c"/, qr/allowed: 1 to 64 of A-Z a-z 0-9/],
    ["T2MLogMask header $long", qr/header name "n+"/, qr/allowed: 1 to 64 of/],
    ["T2MLogMask off\nT2MLogMask key a", qr/off beside key or header/, qr/allowed: one of them/],
    ["T2MLogMask header a\nT2MLogMask off", qr/off beside key or header/],
    ['T2MLogClientIP half', qr/unknown word "half"/, qr/allowed: full, truncate, hmac, none/],
    ['T2MLogProgram "|t2mlog"', qr/is no program/, qr/allowed: the path of the t2mlog program/],
    ['T2MLogUser "#0"', qr/is no user name/, qr/allowed: the name of a user/],
);

for my $directive (sort keys %good) {
    for my $argument (@{ $good{$directive} }) {
        passes("$directive $argument", "$directive $argument");
    }
}
for my $case (@bad) {
    my ($lines, @patterns) = @$case;
    my ($directive) = $lines =~ /^(\w+)/;
    (my $name = $lines) =~ s/[^ -~]/ /g;
    refuses($lines, $name, qr/on line \d+ of \Q$root\E/, qr/$directive/, @patterns);
}
is(join(' ', grep { my $d = $_; !grep { $_->[0] =~ /^$d\b/ } @bad } sort keys %good), '',
    'every directive has refused something');

# --- names, contexts, syntax, default: the table, the reference file, the manual -----------------

my $reference = read_file(source_dir() . '/conf/t2mlog-reference.conf');
my $manual = read_file(source_dir() . '/docs/manual.md');
my (%in_table, %in_reference, %in_manual);
{
    my (undef, $list) = httpd_says('', arguments => ['-L']);
    while ($list =~ /^(T2M\w+) \([^)]*\)\n\t(.*)\n\t(Allowed in .*)$/mg) {
        my ($name, $help, $where) = ($1, $2, $3);
        $in_table{$name} = $where =~ /anywhere/ ? 'directory'
            : $where =~ /only outside/ ? 'server' : $where;
        ok(length $help > 20, "$name has a help text");
    }
}
while ($reference =~ /^# ((T2M\w+) .*)\n# Context: (.*)\n# Default: (.*)\n# \w/mg) {
    $in_reference{$2} = "$1; $3; $4";
}
while ($manual =~ /^## (T2M\w+)\n\n\* Syntax: `(\1 .*)`\n\* Context: (.*)\n\* Default: (.*)\n/mg) {
    $in_manual{$1} = "$2; $3; $4";
}
my @names = sort keys %in_table;
cmp_ok(scalar @names, '>=', 14, 'httpd -L lists the directives');
is_deeply([sort keys %good], \@names, 'this test knows all directives');
is_deeply([sort keys %in_reference], \@names, 'the reference file has these directives');
is_deeply([sort keys %in_manual], \@names, 'the manual has a section for each');
is_deeply(\%in_reference, \%in_manual, 'both say the same syntax, contexts and defaults');
my %named = map { $_ => 1 } "$reference$manual" =~ /\b(T2MLog[A-Z]\w*)/g;
is_deeply([grep { !$in_table{$_} } sort keys %named], [], 'neither names another directive');

for my $name (@names) {
    my (undef, $contexts) = split /; /, $in_manual{$name} // '; ; ';
    my %documented = map { $_ => 1 } split /, /, $contexts;
    my $line = "$name $good{$name}[0]";
    is($in_table{$name}, $documented{directory} ? 'directory' : 'server', "$name: httpd -L");
    my ($virtual) = httpd_says("<VirtualHost *>\n$line\n</VirtualHost>");
    is(!$virtual, !!$documented{'virtual host'}, "$name in a virtual host as documented");
    my ($section, $output) = httpd_says("<Location \"/x\">\n$line\n</Location>");
    is(!$section, !!$documented{directory}, "$name in a directory as documented");
    like($output, qr/$name (?:not allowed|cannot occur) /, "$name is refused there by name")
        if !$documented{directory};
}
for my $line ('T2MLog Off', 'T2MLogSlow 1s') {
    refuses("<Location \"/x\">\n<Limit GET>\n$line\n</Limit>\n</Location>", "$line in <Limit>",
        qr/cannot occur within <Limit>/);
    passes("<If \"true\">\n$line\n</If>", "$line in <If>");
}

# --- the files in conf/ --------------------------------------------------------------------------

my $shipped = source_dir() . '/conf';
passes("Include \"$shipped/t2mlog.conf\"", 'conf/t2mlog.conf');
passes("Include \"$shipped/t2mlog-reference.conf\"", 'conf/t2mlog-reference.conf');
(my $examples = $reference) =~ s/^#(?=T2M|<)//mg;
passes("$examples\nT2MLog Off", 'the reference file with its examples');
is_deeply([grep { $examples !~ /^$_ /m } @names], [], 'it has a line for every directive');
like(read_file("$shipped/t2mlog.load"), qr/\ALoadModule t2mlog_module \S+\/mod_t2mlog\.so\n\z/,
    'conf/t2mlog.load is one LoadModule line');

# --- the configuration as a whole ----------------------------------------------------------------

my $before = tree();
passes('T2MLog On', 'On with nothing else');
passes("T2MLog On\nT2MLogDir logs/new", 'a directory that can be made');
refuses("T2MLog On\nT2MLogFile app sub/app.log", 'the directory of a file is not made',
    qr{T2M0011: .*/t2mlog/sub does not exist: make it, install -d -m 0750 \S+/t2mlog/sub});
is(tree(), $before, 'httpd -t creates nothing');

sub directory {
    my ($name, $mode) = @_;
    make_path("$root/$name");
    chmod $mode, "$root/$name" or die "$name: $!";
    return "$root/$name";
}

directory('everyone', 0777);
directory('sticky', 01777);
directory('group', 0770);
directory('secret', 0700);
directory('fine', 0750);
directory('fine/below', 0750);
symlink "$root/fine", "$root/link" or die $!;
write_file("$root/plain", '');

my @directories = (
    ['nope/logs', qr{nope/logs \(\S+httpd\.conf:\d+\) does not exist, nor does \S+/nope},
        qr/mkdir -p/],
    ['everyone', qr/is writable by everyone: chmod go-w \S+everyone/],
    ['sticky', qr{is writable by everyone: name a directory of its own, as in \S+/sticky/t2mlog}],
    ['group', qr/is writable by its group: chmod go-w \S+group/],
    ['everyone/new', qr/everyone is writable by everyone/, qr{install -d -m 0750 \S+everyone/new}],
    ['group/new', qr/group is writable by its group/, qr/install -d -m 0750/],
    ['link', qr{is a symbolic link: name the directory itself, \S+/fine}],
    ['link/', qr/is a symbolic link/],
    ['plain', qr/is not a directory: remove it or name another/],
    ['plain/new', qr/plain is not a directory|cannot be looked at: \S+plain/],
);
for my $case (@directories) {
    my ($path, @patterns) = @$case;
    refuses("T2MLog On\nT2MLogDir $path", "T2MLogDir $path", qr/T2M0010: T2MLogDir \S+/, @patterns);
    passes("T2MLogDir $path", "T2MLogDir $path while nothing is on");
}
passes("T2MLog On\nT2MLogDir sticky/new", 'a new directory in a sticky one');
passes("T2MLog On\nT2MLogDir link/below", 'a symbolic link above');
refuses("T2MLog On\nT2MLogFile app $root/everyone/a.log", 'the directory of a file',
    qr/T2M0011: T2MLogFile app \S+a\.log: its directory \S+everyone is writable by everyone/);
passes("T2MLog On\nT2MLogDir fine\nT2MLogFile app below/a.log", 'a directory below T2MLogDir');

symlink "$root/fine/x.log", "$root/fine/link.log" or die $!;
POSIX::mkfifo("$root/fine/fifo", 0600) or die $!;
write_file("$root/fine/one.log", '');
link "$root/fine/one.log", "$root/fine/two.log" or die $!;
my $fine = "T2MLog On\nT2MLogDir fine\n";
refuses($fine . 'T2MLogFile app link.log', 'a symbolic link as file', qr/T2M0012: .*symbolic link/);
refuses($fine . 'T2MLogFile app fifo', 'a fifo as file', qr/T2M0012: .*not a regular file/);
refuses($fine . 'T2MLogFile app below', 'a directory as file', qr/T2M0012: .*is a directory/);
refuses($fine . 'T2MLogFile app /dev/null', '/dev/null as file', qr/T2M0012: .*use .*off/);

my $shared = qr/T2M0013: T2MLogFile app and T2MLogFile errors are one file, .*give each its own/;
refuses($fine . "T2MLogFile errors talk2me.log", 'a file that another stream has', $shared);
refuses($fine . "T2MLogFile app below//y.log\nT2MLogFile errors below/y.log",
    'double slashes', $shared);
refuses($fine . "T2MLogFile app one.log\nT2MLogFile errors two.log", 'hard links', $shared);
refuses($fine . "T2MLogFile app a.log\nT2MLogFile errors $root/link/a.log",
    'one file through a linked directory', $shared);
refuses($fine . "T2MLogFile app a.log\n<VirtualHost *>\nT2MLogFile app b.log\n"
        . "T2MLogFile errors a.log\n</VirtualHost>", 'two streams of two servers', $shared);
passes($fine . "T2MLogFile app a.log\n<VirtualHost *>\nT2MLog Off\nT2MLogFile app b.log\n"
        . "T2MLogFile errors a.log\n</VirtualHost>", 'two streams, one server off');
passes($fine . "T2MLogFile app a.log\n<VirtualHost *>\nT2MLogApp b\n</VirtualHost>\n"
        . "<VirtualHost *>\nT2MLogFile app $root/fine/a.log\n</VirtualHost>",
    'virtual hosts share the file of a stream');
passes($fine . "T2MLogFile app /dev/stdout\nT2MLogFile errors /dev/stdout", 'streams share stdout');
passes($fine . "T2MLogFile app off\nT2MLogFile errors talk2me.log",
    'the name of a stream that is off');

refuses("T2MLog On\nT2MLogProgram modules/none", 'a program that is missing',
    qr{T2M0014: T2MLogProgram \S+/none cannot be run: .*name the t2mlog program});
refuses("T2MLog On\nT2MLogProgram plain", 'a program that is not executable',
    qr/T2M0014: .*is not executable, chmod a\+x/);
refuses("T2MLog On\nT2MLogProgram fine", 'a directory as program', qr/T2M0014: .*not a file/);
refuses("T2MLog On\nT2MLogUser no-such-user", 'an unknown user',
    qr/T2M0015: T2MLogUser no-such-user: no such user; make it .*or name one/);
rename "$root/modules/t2mlog", "$root/modules/away" or die $!;
my (undef, $elsewhere) = httpd_says("T2MLog On\nT2MLogDir nope/logs");
unlike($elsewhere, qr{T2MLogProgram \Q$root\E}, 'program not beside the module: the install path');
rename "$root/modules/away", "$root/modules/t2mlog" or die $!;

# The default of T2MLogDir shows in what is said about it.
directory('logs/t2mlog', 0777);
refuses('T2MLog On', 'the default directory', qr{T2MLogDir \Q$root\E/logs/t2mlog \(default\)});
rmdir "$root/logs/t2mlog" or die $!;
directory('elsewhere/t2mlog', 0777);
refuses("ErrorLog elsewhere/error.log\nT2MLog On", 'beside a relative ErrorLog',
    qr{T2MLogDir \Q$root\E/elsewhere/t2mlog \(default\)});
for my $error_log ('"|/bin/cat elsewhere/x"', 'syslog', 'syslog:local1', '/dev/stderr') {
    my (undef, $output) = httpd_says("ErrorLog $error_log\nT2MLog On");
    unlike($output, qr{\Q$root\E/elsewhere|/dev/t2mlog|/bin|/syslog}, "default with $error_log");
}

SKIP: {
    skip 'needs root', 5 if $>;
    my ($user, undef, $uid, $gid) = server_user();
    directory('foreign', 0750);
    chown $uid, $gid, "$root/foreign";
    refuses("T2MLog On\nT2MLogDir foreign", 'a directory of another user',
        qr/T2M0010: .*belongs to uid $uid, .*chown root/);
    passes("T2MLog On\nT2MLogDir foreign\nT2MLogUser $user", 'a directory of T2MLogUser');
    refuses("T2MLog On\nT2MLogDir fine\nT2MLogUser $user", 'not of T2MLogUser',
        qr/T2M0010: .*does not belong to T2MLogUser $user: chown $user/);
    my $doubt = passes("T2MLog On\nT2MLogDir fine\nT2MLogFile app $root/secret/new/a.log",
        'httpd -t by an ordinary user warns only', uid => $uid);
    like($doubt, qr/t2mlog:warn.*T2M0010: .*\n.*t2mlog:warn.*T2M0011: /,
        'and says what it could not see');
}

# --- the environment variables -------------------------------------------------------------------

sub warns {
    my ($environment, $name, $pattern, $lines) = @_;
    my $output = passes($lines // "T2MLog On", $name, env => $environment);
    if ($pattern) { like($output, $pattern, "warned: $name") }
    else { unlike($output, qr/T2M\d+:/, "not warned: $name") }
}

warns({ LOG_LEVEL => 'LOUD' }, 'LOG_LEVEL=LOUD', qr/:warn.*T2M0001: .*"LOUD"; INFO is.*$LEVELS/);
warns({ LOG_LEVEL => 'LOUD' }, 'LOG_LEVEL with T2MLogLevel', undef, "T2MLog On\nT2MLogLevel INFO");
warns({ LOG_LEVEL => 'LOUD' }, 'LOG_LEVEL with T2MLogLevel app', qr/T2M0001/,
    "T2MLog On\nT2MLogLevel app INFO");
warns({ LOG_LEVEL => 'LOUD' }, 'LOG_LEVEL while nothing is on', undef, 'T2MLog Off');
warns({ LOG_LEVEL => 'debug', FLASK_ENV => 'testing', LOG_FILE => 'logs/a.log',
        ERROR_LOG_FILE => "$root/fine/e.log" }, 'good variables');
warns({ LOG_LEVEL => '', FLASK_ENV => '', LOG_FILE => '', ERROR_LOG_FILE => '' },
    'empty variables');
warns({ FLASK_ENV => "a\nb" }, 'FLASK_ENV', qr/T2M0002: .*control character; production is used/);
for my $value ('|cat', 'logs/', '../a.log', 'nope/deep/a.log', 'everyone/a.log', 'fine/link.log',
    'logs/t2mlog/errors.log', 'off') {
    warns({ LOG_FILE => $value }, "LOG_FILE=$value",
        qr/T2M0003: .*LOG_FILE "\Q$value\E": .*; talk2me\.log in T2MLogDir is used/);
    warns({ LOG_FILE => $value }, "LOG_FILE=$value with T2MLogFile", undef,
        "T2MLog On\nT2MLogFile app app.log");
}
warns({ LOG_FILE => 'logs/a.log', ERROR_LOG_FILE => 'logs/a.log' }, 'one file in two variables',
    qr/T2M0003: .*ERROR_LOG_FILE .*another stream .*errors\.log in T2MLogDir is used/);

# --- a start, not only a test --------------------------------------------------------------------

$before = tree();
my ($code, $output) = httpd_says("T2MLog On\nT2MLogDir everyone", arguments => ['-X']);
ok($code != 0 && ($code & 127) == 0, 'httpd does not start with such a directory');
like($output, qr/T2M0010: .*chmod go-w/, 'and names the cure');
is(tree(), $before, 'and has made nothing');

# --- the numbers of the messages -----------------------------------------------------------------

my %numbers;
File::Find::find({ no_chdir => 1, wanted => sub {
    return if !/\.c$/;
    my $text = read_file($_);
    $numbers{$1}++ while $text =~ /"(T2M\d{4})\b/g;
} }, source_dir() . '/modules');
my %listed = map { $_ => 1 } map { /T2M\d{4}/g } $manual =~ /^\| (T2M[^|]*) \|/mg;
is_deeply([grep { $numbers{$_} > 1 } sort keys %numbers], [], 'no message number is used twice');
is_deeply([sort keys %listed], [sort keys %numbers], 'the manual lists all messages');

done_testing();
