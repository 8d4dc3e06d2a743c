#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The checks of the configuration as a whole, through a real `httpd -t`: directories, files, program
# and user, what virtual hosts add, the file of tokens, the environment variables, and a start.
use strict;
use warnings;
use FindBin;
use POSIX ();
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Client qw(get);
use T2M::Configtest qw($root directory httpd_says many passes refuses tree);
use T2M::Httpd qw(server_user);
use T2M::Process qw(wait_until);
use T2M::Root qw(write_file);
use T2M::Server;

my $LEVELS = qr/allowed: DEBUG, INFO, WARNING, ERROR, CRITICAL/;
my $SIZE = qr/bad size; allowed: size=64K to size=1024G/;
my $KEEP = qr/bad number of files; allowed: keep=1 to keep=9999/;

# --- the configuration as a whole ----------------------------------------------------------------

my $before = tree();
passes('T2MLog On', 'On with nothing else');
passes("T2MLog On\nT2MLogDir logs/new", 'a directory that can be made');
refuses("T2MLog On\nT2MLogFile app sub/app.log", 'the directory of a file is not made',
    qr{T2M0011: .*/t2mlog/sub does not exist: make it, install -d -m 0750 \S+/t2mlog/sub});
is(tree(), $before, 'httpd -t creates nothing');

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
refuses($fine . "T2MLogFile access x.log\nT2MLogFile errors x.log.$_", "x.log.$_ beside x.log",
    qr/T2M0024: T2MLogFile errors \S+x\.log\.$_ has the name of a rotated file of T2MLogFile access/)
    for qw(2 10.gz 3.zst 3.gz.tmp);
passes($fine . "T2MLogFile access x.log\nT2MLogFile errors x.log.$_", "x.log.$_ beside x.log")
    for qw(02 old 2.bz2);
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

# --- what virtual hosts add: rotation and fields -------------------------------------------------

sub host { return "<VirtualHost *>\n" . join("\n", @_) . "\n</VirtualHost>\n" }

my $at = qr/virtual host at \S+:\d+/;
my $alone = qr/T2M0017: $at: T2MLogRotate app without a T2MLogFile app .*add one/;
my $another = qr/T2M0018: $at: T2MLogRotate app is another .*give both the same/;
my $rotate = 'T2MLogRotate app daily';
refuses($fine . host($rotate), 'T2MLogRotate without a file of its own', $alone);
refuses("$fine$rotate\n" . host($rotate), 'also when it says the same', $alone);
refuses($fine . host($rotate, 'T2MLogFile access own.log'), 'the file of another stream', $alone);
passes($fine . host($rotate, 'T2MLogFile app own.log'), 'T2MLogRotate beside T2MLogFile');
passes($fine . host($rotate, 'T2MLog Off'), 'T2MLogRotate in a virtual host that is off');
passes($fine . "$rotate\n" . host('T2MLogApp x') . host('T2MLogFile app own.log'),
    'inherited rotation');
refuses($fine . host($rotate, 'T2MLogFile app talk2me.log'), 'another rotation of one file',
    $another);
refuses($fine . host($rotate, 'T2MLogFile app x.log') . host('T2MLogFile app x.log'),
    'two virtual hosts, one file, two rotations', $another);
passes($fine . host($rotate, 'T2MLogFile app x.log') . host('T2MLogFile app x.log', $rotate),
    'two virtual hosts, one file, one rotation');
passes($fine . "$rotate\n" . host('T2MLogFile app /dev/stdout', 'T2MLogRotate app hourly')
        . host('T2MLogFile app /dev/stdout'), 'a terminal is not rotated');

my $sum = qr/T2M0019: $at: T2MLogField app: 17 fields together .*allowed: 16/;
my $absent = qr/T2M0020: $at: T2MLogField app -none: no line .*correct the name/;
my $eight = many(8, 'T2MLogField app f%d x');
refuses("$fine$eight\n" . host(many(9, 'T2MLogField app g%d x')), 'inherited fields count', $sum);
passes("$fine$eight\n" . host(many(9, 'T2MLogField app g%d x'), 'T2MLogField app -f1'),
    'those that are left out do not');
passes("$fine$eight\n" . host(many(16, 'T2MLogField app f%d x')), 'the same name replaces');
passes("$fine$eight\n" . host(many(9, 'T2MLogField errors g%d x')), 'each stream by itself');
refuses($fine . host('T2MLogField app -none'), 'a field that is not there', $absent);
refuses("${fine}T2MLogField access none x\n" . host('T2MLogField app -none'), 'of that stream',
    $absent);
passes("${fine}T2MLogField app none x\n" . host('T2MLogField app -none'), 'one that is inherited');

# --- who may read: the file of tokens and the warnings -------------------------------------------

sub tokens {
    my ($name, $mode) = @_;
    write_file("$root/$name", '');
    chmod $mode, "$root/$name" or die "$name: $!";
    return "T2MLog On\nT2MLogAdminTokenFile $name";
}

my $file = qr/T2M0021: T2MLogAdminTokenFile \Q$root\E/;
my $make = qr/t2mlog token new NAME --file \Q$root\E/;
refuses("T2MLog On\nT2MLogAdminTokenFile none", 'no file of tokens',
    qr/$file\/none does not exist: make it with its first token, $make\/none/);
refuses("T2MLog On\nT2MLogAdminTokenFile fine", 'a directory',
    qr/$file\/fine is not a regular file: name the one that t2mlog token new/);
refuses("T2MLog On\nT2MLogAdminTokenFile fine/fifo", 'a fifo', qr/$file\S+ is not a regular file/);
refuses("T2MLog On\nT2MLogAdminTokenFile plain/x", 'below a file',
    qr/$file\S+ cannot be looked at/);
for my $mode (0640, 0620, 0604, 0602, 0644) {
    refuses(tokens('tokens', $mode), sprintf('tokens of mode %04o', $mode),
        qr/$file\/tokens may be read or written by its group or by others: chmod 0600 \S+tokens/,
        qr/$make\/tokens/);
}
passes(tokens('tokens', 0600), 'tokens of mode 0600');
passes(tokens('tokens', 0400), 'tokens of mode 0400');
passes(tokens('tokens', 0644) =~ s/On/Off/r, 'any file while nothing is on');
tokens('tokens', 0600);
symlink "$root/tokens", "$root/tokens.link" or die $!;
refuses("T2MLog On\nT2MLogAdminTokenFile tokens.link", 'a symbolic link to a good file',
    qr/$file\/tokens\.link is a symbolic link: name the file itself/);
SKIP: {
    skip 'needs root', 7 if $>;
    my ($user, undef, $uid) = server_user();
    my $lines = tokens('foreign.tokens', 0600);
    chown $uid, -1, "$root/foreign.tokens", directory('foreign-logs', 0750);
    refuses($lines, 'tokens of another user',
        qr/$file\S+ belongs to uid $uid, who could add tokens: chown root \S+foreign\.tokens/);
    my $as_user = "\nT2MLogDir foreign-logs\nT2MLogUser $user";
    passes($lines . $as_user, 'tokens of T2MLogUser');
    refuses(tokens('tokens', 0600) . $as_user, 'tokens that T2MLogUser cannot read',
        qr/$file\/tokens does not belong to T2MLogUser $user, .*: chown $user \S+\/tokens/);
    for my $path ('tokens', 'secret/tokens') {
        my $doubt = passes("T2MLog On\nT2MLogAdminTokenFile $path",
            "httpd -t by an ordinary user warns only of $path", uid => $uid);
        like($doubt, qr/t2mlog:warn.*T2M0021: \S+ \S+ cannot be /, 'and says what it cannot see');
    }
}

my $insecure = qr/t2mlog:warn.*T2M0022: T2MLogAdminInsecure On: .*over TLS and leave it out/;
my $unused = qr/t2mlog:warn.*T2M0023: T2MLogAdminAuth httpd: .*use T2MLogAdminAuth either, or/;
my $admin = "T2MLog On\nT2MLogAdminTokenFile tokens\n";
like(passes("${admin}T2MLogAdminInsecure On", 'insecure'), $insecure, 'warned');
like(passes("${admin}T2MLogAdminAuth httpd", 'tokens beside httpd'), $unused, 'warned');
unlike(passes("${admin}T2MLogAdminAuth $_\nT2MLogAdminInsecure Off", "tokens, $_"), qr/T2M\d+:/,
    'not warned') for qw(token either);
unlike(passes("T2MLog On\nT2MLogAdminAuth httpd", 'httpd alone'), qr/T2M\d+:/, 'not warned');
unlike(passes('T2MLogAdminInsecure On', 'insecure while nothing is on'), qr/T2M\d+:/, 'not warned');

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

for my $case (['LOG_MAX_BYTES', 'size=', $SIZE, '52428800', '64k', qw(0 -1 65535 50MB x)],
    ['LOG_BACKUP_COUNT', 'keep=', $KEEP, '10', '1', qw(0 -1 10000 1M x)]) {
    my ($name, $option, $allowed, $good, $other, @bad_values) = @$case;
    warns({ $name => $_ }, "$name=$_") for $good, $other, '';
    warns({ $name => $_ }, "$name=$_",
        qr/:warn.*T2M0004: .*$name "\Q$_\E", as $option .*: $allowed/) for @bad_values;
    warns({ $name => 'x' }, "$name while nothing is on", undef, 'T2MLog Off');
    my $all = "T2MLogRotate app daily\nT2MLogRotate errors daily";
    warns({ $name => 'x' }, "$name is needed for security", qr/T2M0004/, "T2MLog On\n$all");
    warns({ $name => 'x' }, "$name with T2MLogRotate", undef,
        "T2MLog On\n$all\nT2MLogRotate security daily");
}
my $both = passes('T2MLog On', 'both bad',
    env => { LOG_MAX_BYTES => 'x', LOG_BACKUP_COUNT => 'x' });
is(scalar(() = $both =~ /T2M0004/g), 2, 'one warning for each variable');

# --- a start, not only a test --------------------------------------------------------------------

$before = tree();
my ($code, $output) = httpd_says("T2MLog On\nT2MLogDir everyone", arguments => ['-X']);
ok($code != 0 && ($code & 127) == 0, 'httpd does not start with such a directory');
like($output, qr/T2M0010: .*chmod go-w/, 'and names the cure');
is(tree(), $before, 'and has made nothing');

# --- a restart: what is wrong is said, and the site goes on --------------------------------------

subtest 'the file of tokens of a running server' => sub {
    my $server = T2M::Server->new(name => 'tokens', files => { 'tokens' => [0600, ''] },
        t2mlog => "T2MLog On\nT2MLogAdminInsecure On\nT2MLogAdminTokenFile tokens\n");
    $server->announce(qr/T2M0021|T2M0207/)->start;
    my $said = sub { return scalar(() = ($server->error_log . $server->output) =~ /$_[0]/g) };
    ok(wait_until(10, sub { $server->generations }), 'it serves'); # its port was open before
    is($said->('T2M0022: T2MLogAdminInsecure On'), 1, 'a start warns of insecure settings once');
    chmod 0644, $server->root . '/tokens' or die "chmod: $!";
    ok($server->graceful, 'others may read the tokens: a new generation all the same');
    like($server->error_log, qr{T2M0021: T2MLogAdminTokenFile \S+/tokens may be read .*chmod 0600},
        'which says what is wrong');
    is(get($server->port, '/index.html')->{status}, 200, 'and serves');
    is($said->('T2M0022'), 1, 'the warning was for the start');
    ok($server->stop, 'the server stops');
    $server->try_start;
    ok(wait_until(5, sub { $server->ended }), 'a start with such a file fails');
};

T2M::Server->finish;
