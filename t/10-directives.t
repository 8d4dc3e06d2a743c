#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The directives through a real `httpd -t`: what each takes and refuses and with which words, where
# it may stand, that the reference file, the manual, the messages and `httpd -L` agree.
use strict;
use warnings;
use File::Find ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Configtest qw($root httpd_says many passes refuses);
use T2M::Httpd qw(source_dir);
use T2M::Root qw(read_file);

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
my $SIZE = qr/bad size; allowed: size=64K to size=1024G/;
my $KEEP = qr/bad number of files; allowed: keep=1 to keep=9999/;
my $AGE = qr/bad age; allowed: age=1m to age=3650d/;
my $OPTION = qr/unknown option; allowed: size=SIZE, daily, hourly, keep=N, age=DURATION/;
my $PACK = qr/unknown compression; allowed: compress=gzip/;
my $FIELD = qr/bad field name "[^"]*"; allowed: 1 to 64 of the characters a-z 0-9 _/;
my $FIELDS = qr/allowed: STREAM NAME EXPR, STREAM -NAME/;
my $EXPR = qr/bad expression ".*" for "x": .*; allowed: text with %\{VARIABLE\}/;
my $ENDPOINT = qr/allowed: 1 to 100 bytes without control characters/;
my $LIMIT = qr/bad limit ".*"; allowed: a size \(bytes, or with K, M, G or T\),/;
my $long = 'n' x 65;

# Directives for a part of a site only.
my %section = map { $_ => 1 } qw(T2MLogEndpoint T2MLogContext);

# Lines within a section; others as they are.
sub placed {
    my ($directive, $lines) = @_;
    return $section{$directive} ? "<Location \"/x\">\n$lines\n</Location>" : $lines;
}

my %good = (
    T2MLog => [qw(On Off on)],
    T2MLogDir => ['logs/other', "$root/logs/other/", 'logs/../logs/other'],
    T2MLogFile => ['app a.log', 'ERRORS off', 'access Off', 'security /dev/stdout',
        'performance /dev/stderr', "app $root/logs/app.log", 'app site/a..b.log', 'app "a b.log"'],
    T2MLogRotate => ['app size=50M keep=10', 'ACCESS daily age=30d size=1G compress=gzip local',
        'errors HOURLY', 'security size=64k', 'performance size=1024G keep=9999 age=3650d',
        'app size=65536 keep=1 age=1m compress=none', 'access local age=12h daily'],
    T2MLogLayout => [qw(flat nested both BOTH)],
    T2MLogField => ['access tenant %{req:X-Tenant}', 'app x ""', 'errors x_1 "a %{HTTP_HOST} b"',
        'SECURITY a -', "performance @{[ 'n' x 64 ]} x", 'access -referer', 'app -ip',
        "app -thread\n" . many(16, 'T2MLogField app f%d x'),
        "app f x\n" . many(16, 'T2MLogField app f x')],
    T2MLogPerformance => [qw(all slow SLOW)],
    T2MLogEndpoint => ['transcribe', '"GET /a b"', 'n' x 100, "\xc3\xa9"],
    T2MLogContext => ['user_id %{REMOTE_USER}', 'x "a b"', 'reason %{env:REASON}',
        "f1 y\n" . many(16, 'T2MLogContext f%d x'), "f x\n" . many(16, 'T2MLogContext f x')],
    T2MLogAdminTokenFile => ['t2mlog.tokens', "$root/no/such/file", "/@{[ 'n/' x 511 ]}"],
    T2MLogDebugHeader => [qw(off OFF)],
    T2MLogAdminAuth => [qw(token httpd either Either)],
    T2MLogAdminInsecure => [qw(Off On)],
    T2MLogOnFull => [qw(drop block DROP)],
    T2MLogSync => ['access none', 'errors 1s', 'SECURITY batch', 'app BATCH'],
    T2MLogCrashTrace => [qw(On Off)],
    T2MLogConfine => [qw(On Off)],
    T2MLogMaxTotal => [qw(10% 20G none NONE 0 100% 0% 1t 1)],
    T2MLogMinFree => [qw(5% 0 0% 100M 1T)],
    T2MLogLevel => [qw(DEBUG INFO WARNING ERROR CRITICAL info), 'app DEBUG', 'performance error'],
    T2MLogApp => ['shop', '"my shop"', 'n' x 64],
    T2MLogEnvironment => ['staging'],
    T2MLogRelease => ['2026.11.2', 'n' x 64],
    T2MLogRepeat => ['off', 'OFF', 'first=1', 'every=1s', 'first=1000000 every=24h', 'EVERY=5min',
        'first=2 every=90'],
    T2MLogErrorGroup => ['"lost * connections" lost', 'x n', "\"@{[ 'w' x 256 ]}\" n", '"*a*" n'],
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

my $REPEAT = qr/allowed: off, or first=N \(1 to 1000000\) and every=DURATION \(1s to 24h\)/;
my $GROUP = qr/allowed: "WORDS with \*" NAME/;
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
    ['T2MLogFile app t2mlog.sock', qr/control socket/, $FILES],
    ['T2MLogFile app t2mlog.key', qr/writer's key/, $FILES],
    ['T2MLogFile app .hidden', qr/begins with a dot/, $FILES],
    ['T2MLogFile app ./a.log', qr/begins with a dot/, $FILES],
    ['T2MLogFile app logs/.hidden', qr/begins with a dot/, $FILES],
    ['T2MLogFile app ..', qr/"\.\." in a relative path/, $FILES],
    ['T2MLogFile app ../a.log', qr/"\.\." in a relative path/, $FILES],
    ['T2MLogFile app a/../b.log', qr/"\.\." in a relative path/, $FILES],
    ["T2MLogFile app \"a\tb.log\"", qr/a control character/, $FILES],
    ['T2MLogRotate', qr/no stream; allowed: a stream/],
    ['T2MLogRotate audit daily', qr/unknown stream "audit"/, $STREAMS],
    ['T2MLogRotate daily', qr/unknown stream "daily"/, $STREAMS],
    ['T2MLogRotate app', qr/app: nothing says when the file rotates; needed: size=SIZE, daily or/],
    ['T2MLogRotate app keep=3 age=1d', qr/nothing says when the file rotates/],
    ['T2MLogRotate app weekly', qr/"weekly": /, $OPTION],
    ['T2MLogRotate app size', qr/"size": /, $OPTION],
    ['T2MLogRotate app daily=1', qr/"daily=1": /, $OPTION],
    ['T2MLogRotate app daily hourly', qr/"hourly": daily beside hourly; allowed: one of them/],
    ['T2MLogRotate app daily daily', qr/"daily": daily is given twice; allowed: once/],
    ['T2MLogRotate app size=1M SIZE=1M', qr/"SIZE=1M": size= is given twice; allowed: once/],
    ['T2MLogRotate app daily local local', qr/local is given twice/],
    (map { ["T2MLogRotate app size=$_", qr/"size=\Q$_\E": /, $SIZE] }
        ('', qw(0 65535 63K 1025G 1T -1 1.5G 50MB 99999999999999999999))),
    (map { ["T2MLogRotate app daily keep=$_", qr/"keep=\Q$_\E": /, $KEEP] }
        ('', qw(0 10000 -1 1.5 all))),
    (map { ["T2MLogRotate app daily age=$_", qr/"age=\Q$_\E": /, $AGE] }
        ('', qw(0d 30 3651d 1s -1d 1w d 1.5h))),
    ['T2MLogRotate app daily compress=bzip2', qr/"compress=bzip2": /, $PACK],
    ['T2MLogRotate app daily compress', qr/"compress": /, $OPTION],
    ['T2MLogLayout deep', qr/unknown word "deep"; allowed: flat, nested, both/],
    ['T2MLogField app', qr/takes two or three arguments/],
    ['T2MLogField audit x y', qr/unknown stream "audit"/, $STREAMS],
    ['T2MLogField app x', qr/no expression for "x"/, $FIELDS],
    ['T2MLogField app -ip x', qr/"-ip" beside an expression/, $FIELDS],
    (map { ["T2MLogField app $_ x", $FIELD] } qw(X user-id a.b a/b), $long, '"a b"',
        "\xc3\xa9"),
    (map { ["T2MLogField app $_ x", qr/the module itself writes a field "$_"; allowed: any other/] }
        qw(timestamp message request_id ip user seq extra_fields duration_ms)),
    (map { ["T2MLogField app -$_", qr/the field "$_" is in every line .*; allowed: to leave out/] }
        qw(timestamp level message request_id event seq)),
    (map { ["T2MLogField app -$_", qr/no line has a field "\Q$_\E"; allowed: -NAME with/] }
        '', qw(user_agnet -ip IP x)),
    ["T2MLogField app x y\nT2MLogField app -x", qr/no line has a field "x"/],
    [many(17, 'T2MLogField app f%d x'), qr/more than 16 fields for app; allowed: 16 for a stream/],
    (map { ["T2MLogField app x $_", $EXPR] } '"%{"', '%{NO_SUCH_VARIABLE}', '%{no_such:x}'),
    ['T2MLogPerformance fast', qr/unknown word "fast"; allowed: all, slow/],
    ['T2MLogEndpoint ""', qr/takes one argument/],
    ["T2MLogEndpoint @{[ 'n' x 101 ]}", qr/longer than 100 bytes/, $ENDPOINT],
    ["T2MLogEndpoint \"a\tb\"", qr/control character/, $ENDPOINT],
    ['T2MLogContext x', qr/takes two arguments/],
    ['T2MLogContext -x y', $FIELD],
    ['T2MLogContext path y', qr/the module itself writes a field "path"/],
    ['T2MLogContext x %{no_such:x}', $EXPR],
    [many(17, 'T2MLogContext f%d x'), qr/more than 16 fields; allowed: 16 in a section/],
    ['T2MLogAdminTokenFile ""', qr/takes one argument/],
    ['T2MLogAdminTokenFile "|cat"', qr/"\|cat" is no file; allowed: .*never a token itself/],
    ["T2MLogAdminTokenFile /@{[ 'n/' x 512 ]}n", qr/the path is too long; allowed: 1023 bytes/],
    ['T2MLogDebugHeader ""', qr/takes one argument/],
    ['T2MLogDebugHeader "|cat"', qr/"\|cat" is no .*file.*allowed: /],
    ['T2MLogAdminAuth basic', qr/unknown word "basic"; allowed: token, httpd, either/],
    ['T2MLogAdminInsecure maybe', qr/must be On or Off/],
    ['T2MLogOnFull wait', qr/unknown word "wait"; allowed: drop, block/],
    ['T2MLogSync app', qr/takes two arguments/],
    ['T2MLogSync audit none', qr/unknown stream "audit"/, $STREAMS],
    ['T2MLogSync app 2s', qr/unknown word "2s"; allowed: none, 1s, batch/],
    ['T2MLogCrashTrace maybe', qr/must be On or Off/],
    ['T2MLogConfine maybe', qr/must be On or Off/],
    (map { ["T2MLogMaxTotal $_", $LIMIT, qr/0% to 100%, or none/] } qw(101% -1 1P 10%% all 1.5G)),
    (map { ["T2MLogMinFree $_", $LIMIT, qr/or 0% to 100%; 0 is off/] } qw(none 101% -1 5%G x)),
    ['T2MLogLevel LOUD', qr/unknown level "LOUD"/, $LEVELS],
    ['T2MLogLevel app LOUD', qr/unknown level "LOUD"/, $LEVELS],
    ['T2MLogLevel app', qr/unknown level "app"/, $LEVELS],
    ['T2MLogLevel audit INFO', qr/unknown stream "audit"/, $STREAMS],
    ['T2MLogLevel', qr/takes 1-2 arguments/, qr/DEBUG, INFO \(default\), WARNING/],
    ['T2MLogApp ""', qr/takes one argument/],
    ["T2MLogApp $long", qr/longer than 64 bytes/, $NAME],
    ["T2MLogApp \"a\x01b\"", qr/control character/, $NAME],
    ["T2MLogEnvironment $long", qr/longer than 64 bytes/, $NAME],
    ["T2MLogRelease $long", qr/longer than 64 bytes/, $NAME],
    ['T2MLogRepeat', qr/no option/, $REPEAT],
    (map { ["T2MLogRepeat $_", $REPEAT] } 'on', 'first=0', 'first=', 'first=x', 'first=1000001',
        'first=5x', 'every=0', 'every=999ms', 'every=25h', 'every=x', 'off first=5', '5'),
    ['T2MLogErrorGroup x', qr/takes two arguments/],
    ['T2MLogErrorGroup "* *" n', qr/no words but \*/, $GROUP],
    ["T2MLogErrorGroup \"@{[ 'w' x 257 ]}\" n", qr/longer than 256 bytes/, $GROUP],
    ["T2MLogErrorGroup \"a\tb\" n", qr/a control character/, $GROUP],
    ["T2MLogErrorGroup x $long", qr/longer than 64 bytes/, $GROUP],
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
        (my $name = "$directive $argument") =~ s/\n.*/ ... and more/s;
        passes(placed($directive, "$directive $argument"), $name =~ s/[^ -~]/ /gr);
    }
}
for my $case (@bad) {
    my ($lines, @patterns) = @$case;
    my ($directive) = $lines =~ /^(\w+)/;
    (my $name = $lines) =~ s/[^ -~]/ /g;
    $name = substr($name, 0, 80);
    refuses(placed($directive, $lines), $name, qr/on line \d+ of \Q$root\E/, qr/$directive/,
        @patterns);
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
        $in_table{$name} = $where =~ /anywhere/ ? 'anywhere'
            : $where =~ /only outside/ ? 'server' : $where =~ /only inside/ ? 'directory' : $where;
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
cmp_ok(scalar @names, '>=', 25, 'httpd -L lists the directives');
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
    is($in_table{$name}, !$documented{directory} ? 'server'
        : $documented{'server config'} ? 'anywhere' : 'directory', "$name: httpd -L");
    my ($outside) = httpd_says($line);
    is(!$outside, !!$documented{'server config'}, "$name outside of sections as documented");
    my ($virtual) = httpd_says("<VirtualHost *>\n$line\n</VirtualHost>");
    is(!$virtual, !!$documented{'virtual host'}, "$name in a virtual host as documented");
    my ($section, $output) = httpd_says("<Location \"/x\">\n$line\n</Location>");
    is(!$section, !!$documented{directory}, "$name in a directory as documented");
    like($output, qr/$name (?:not allowed|cannot occur) /, "$name is refused there by name")
        if !$documented{directory};
}
for my $line ('T2MLog Off', 'T2MLogSlow 1s', 'T2MLogPerformance slow', 'T2MLogEndpoint x',
    'T2MLogContext x y') {
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
