#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The command line on a running server: what it finds, what it follows, what is recorded of it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use POSIX ();
use Test::More;

use T2M::Admin qw(admin_files);
use T2M::Client qw(get post header);
use T2M::Httpd qw(built server_user tool);
use T2M::Log qw(count_lines);
use T2M::Process qw(alive wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;

my $server = T2M::Server->new(
    name => 'server', modules => ['cgi'], files => { admin_files() }, conf => <<'CONF');
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
T2MLogFile performance measures.jsonl
T2MLogRotate access size=1G keep=500 compress=gzip
T2MLogAdminTokenFile "@ROOT@/admin.tokens"
<Location "/admin/logs">
SetHandler t2mlog-admin
</Location>
Listen 127.0.0.1:@PORT:other@
<VirtualHost 127.0.0.1:@PORT:other@>
T2MLogFile access other/access.log
</VirtualHost>
CONF
$server->announce(qr/AH01215/);
my $dir = $server->log_dir;
T2M::Root::write_file("$dir/other/.keep", '');
chmod 0750, $dir, "$dir/other";
$server->start;
my $program = built('t2mlog');
my $base = $server->root . '/run/call';

# Starts the program with these arguments; as: a user other than this one. Returns its pid.
sub launch {
    my ($out, $option, @arguments) = @_;
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    $ENV{T2MLOG_DIR} = $dir;
    open(STDIN, '<', '/dev/null');
    open(STDOUT, '>', "$out.out") or POSIX::_exit(126);
    open(STDERR, '>', "$out.err") or POSIX::_exit(126);
    T2M::Root::become($option->{as}) if $option->{as};
    exec($program, @arguments) or POSIX::_exit(127);
}

# Exit code, lines of standard output, and standard error.
sub call {
    my ($option, @arguments) = ref $_[0] ? @_ : ({}, @_);
    waitpid(launch($base, $option, @arguments), 0);
    return ($? >> 8, [split /\n/, read_file("$base.out")], read_file("$base.err"));
}

# The lines of the files of a stream, the oldest first.
sub lines_of {
    my ($name) = @_;
    my %number = map { ($_ => /\.(\d+)(?:\.gz)?$/ ? $1 : 0) } glob("$dir/$name $dir/$name.[0-9]*");
    return map { split /\n/, $_ =~ /gz$/ ? `gzip -dc '$_'` : read_file($_) }
        sort { $number{$b} <=> $number{$a} } keys %number;
}

sub seqs { return map { /"seq":(\d+)\}$/ ? $1 : 'none' } @_ }

sub audits {
    my ($what) = @_;
    return grep { ($_->{event} // '') eq 'admin_log_access' && ($_->{detail} // '') eq $what }
        $server->records('security');
}

my $trace = '0af7651916cd43dd8448eb211c80319c';
my $complaint = post($server->port, '/cgi-bin/stderr.pl', 'a complaint',
    traceparent => "00-$trace-b7ad6b7169203331-01");
my $id = header($complaint, 'X-Request-ID');
get($server->port, "/index.html?$_") for 1 .. 20;
my $other = header(get($server->port('other'), '/index.html'), 'X-Request-ID');
ok($server->wait_for_lines('access', 21), 'requests are logged');
ok($server->wait_for_lines('errors', 1), 'and an error');

subtest status => sub {
    my ($code, $lines, $error) = call('status');
    is($code, 0, 'a writer runs') or diag $error;
    like("@$lines", qr/writer\s+process \d+/, 'says which');
    my ($row) = grep { /^access .*t2mlog\/access\.log$/ } @$lines;
    like($row // '', qr/^access\s+\S+\s+\d+\s+\d+\s+0\s+yes\s/, 'a row for each file');
    like("@$lines", qr{\Q$dir\E/measures\.jsonl}, 'with the names that the configuration gives');
    ($code, $lines) = call('status', '--json');
    my $state = JSON::PP->new->decode("@$lines");
    ok(alive($state->{writer_pid}), 'the same as JSON');
    is(scalar @{ $state->{files} }, 6, 'six files');
};

subtest 'find by any id' => sub {
    my $found = $server->by_id($id);
    my ($error) = @{ $found->{errors} };
    my ($code, $lines, $complained) = call('find', $id);
    is($code, 0, 'found') or diag $complained;
    my @records = map { JSON::PP->new->decode($_) } @$lines;
    is(scalar(grep { ($_->{request_id} // '') ne $id } @records), 0, 'nothing else');
    my $count = grep { ($_->{request_id} // '') eq $id } map { JSON::PP->new->utf8->decode($_) }
        map { lines_of($_) } qw(talk2me.log errors.log access.log security.log measures.jsonl);
    is(scalar @records, $count, 'every line of every stream');
    cmp_ok($count, '>=', 4, 'of four streams at least');
    my @times = map { $_->{timestamp} } @records;
    is_deeply(\@times, [sort @times], 'in the order of time');
    is(scalar audits("t2mlog find $id"), 1, 'the reading is recorded');
    my ($record) = audits("t2mlog find $id");
    is($record->{user}, scalar getpwuid($>), 'with who it was');

    my (undef, $by_trace) = call('find', $trace);
    is_deeply($by_trace, $lines, 'by its trace id');
    my (undef, $by_error) = call('find', $error->{error_id}, '--stream', 'errors');
    is_deeply([seqs(@$by_error)], [map { $_->{seq} } grep { ($_->{error_id} // '')
        eq $error->{error_id} } $server->records('errors')], 'by its error_id, in one stream');
    (undef, $lines, $complained) = call('find', $other, '-v');
    is(scalar(grep { /"message":"request_complete"/ } @$lines), 1, "a virtual host's own file");
    unlike($complained, qr/reading all/, 'found by the time in the id');
    like($complained, qr/ \d+ of \d+ bytes read, \d+ of \d+ files searched\n/, 'and how much');
    (undef, $lines) = call('find', $other, '--stream', 'performance');
    is(scalar @$lines, 1, 'of one stream, to which its access line is not printed');
    ($code, $lines) = call('find', $id, '--since', '2999-01-01T00:00:00Z');
    is_deeply([$code, @$lines], [1], 'nothing since then');
    ($code, $lines) = call('find', $id, '--since=1h');
    is(scalar @$lines, $count, 'all within an hour');
    ($code, $lines) = call('find', $id, '--until=1h');
    is_deeply([$code, @$lines], [1], 'nothing until then');
    ($code, $lines) = call('find', 'not-an-id-of-anything');
    is_deeply([$code, @$lines], [1], 'nothing found is told by the exit code');
    ($code) = call('find', 'not an id');
    is($code, 2, 'and what is none is refused');
    is(scalar audits('t2mlog find not an id'), 0, 'before it is recorded');
};

subtest tail => sub {
    my @all = lines_of('access.log');
    push @all, lines_of('other/access.log');
    my ($code, $lines) = call('tail', '-n', '3', 'errors');
    is($code, 0, 'tail');
    my @errors = lines_of('errors.log');
    is_deeply($lines, [@errors > 3 ? @errors[-3 .. -1] : @errors], 'at most the last three');
    (undef, $lines) = call('tail');
    is_deeply($lines, [lines_of('errors.log')], 'errors by default');
    (undef, $lines) = call('tail', '-n5', 'performance');
    is_deeply($lines, [(lines_of('measures.jsonl'))[-5 .. -1]], 'the last five');
    (undef, $lines) = call('tail', 'access', '-n', '1000');
    is_deeply([sort @$lines], [sort @all], 'of both files of a stream');
    (undef, $lines) = call('tail', 'access', '--lines=1');
    is_deeply($lines, [lines_of('other/access.log')], 'the last of both');
    cmp_ok(scalar audits('t2mlog tail -n5 performance'), '==', 1, 'the reading is recorded');
};

subtest 'rotated and compressed' => sub {
    my (undef, $before) = call('find', $id);
    for my $round (1 .. 4) {
        get($server->port, "/index.html?$round");
        my $want = 20 + 1 + $round;
        wait_until(5, sub { lines_of('access.log') >= $want });
        my ($code, undef, $error) = call('rotate', 'access');
        is($code, 0, "rotate access $round") or diag $error;
        ok(-e "$dir/access.log.$round" || -e "$dir/access.log.$round.gz", 'is done at once');
    }
    ok(wait_until(20, sub { -e "$dir/access.log.4.gz" && !-e "$dir/access.log.4" }),
        'a backup is compressed');
    my ($code) = call('rotate', 'ALL');
    is($code, 0, 'rotate all');
    ok(-e "$dir/errors.log.1" && -e "$dir/measures.jsonl.1", 'every stream');
    (undef, my $lines, my $error) = call('find', $id, '-v');
    is_deeply($lines, $before, 'find reads them all');
    like($error, qr{reading \Q$dir\E/access\.log\.4\.gz\n}, 'and names them when asked to');
    (undef, $lines) = call('tail', '-n', '1000', 'access');
    is(scalar @$lines, 26, 'tail too');
    ($code, undef, $error) = call('rotate', 'nonsense');
    is($code, 2, 'an unknown stream');
    like($error, qr/allowed: app, errors/, 'says what is allowed');
};

# tail -f, while requests come and files go.
subtest follow => sub {
    my $log = $server->root . '/run/follow';
    my $pid = launch($log, {}, 'tail', '-f', '-n', '0', 'performance');
    ok(wait_until(10, sub { audits('t2mlog tail -f -n 0 performance') }), 'it is recorded first');
    sleep 1; # it opens its files
    my ($last) = (seqs(lines_of('measures.jsonl')))[-1];
    my $sent = 0;
    for my $round (1 .. 5) {
        get($server->port, '/index.html') for 1 .. 20;
        $sent += 20;
        if ($round == 3) { # under a name that nobody knows: it must have been seen before
            wait_until(10, sub { count_lines("$log.out") >= $sent });
            rename "$dir/measures.jsonl", "$dir/moved-away.jsonl";
        }
        else { call('rotate', 'performance') }
        call('rotate', 'performance') if $round == 4; # twice in a row
    }
    get($server->port, '/index.html') for 1 .. 20;
    $sent += 20;
    ok(wait_until(15, sub { count_lines("$log.out") >= $sent }), 'every line comes');
    sleep 1;
    my @got = seqs(split /\n/, read_file("$log.out"));
    is_deeply(\@got, [$last + 1 .. $last + $sent], 'each once, in order');
    ok(alive($pid), 'it goes on');
    kill 'TERM', $pid;
    waitpid($pid, 0);
    is(read_file("$log.err"), '', 'without a word');
};

subtest 'who may not' => sub {
    plan skip_all => 'not root' if $> != 0;
    my ($name) = server_user();
    my ($code, $lines, $error) = call({ as => $name }, 'find', $id);
    is_deeply([$code, @$lines], [2], 'sees nothing');
    like($error, qr/may not; .*sudo -u root t2mlog find/, 'and is told how to');
    chmod 0755, $server->root, "$dir";
    ($code, $lines, $error) = call({ as => $name }, 'tail', 'errors');
    is_deeply([$code, @$lines], [2], 'nor when the directory is open');
    like($error, qr/t2mlog\.sock: this user may not; .*nothing is read unless it is recorded/s,
        'and is told how to');
    ($code) = call({ as => $name }, 'rotate', 'all');
    is($code, 2, 'nor may he rotate');
    chmod 0750, "$dir";
};

subtest tokens => sub {
    my $file = $server->root . '/admin.tokens';
    my ($code, $lines, $error) = call('token', 'new', 'ops', '--file', $file);
    is($code, 0, 'token new') or diag $error;
    like($lines->[0], qr/^t2m_[\w-]{43}$/, 'prints the token');
    is(scalar @$lines, 1, 'alone');
    like($error, qr/hash of the token "ops" was added to \Q$file\E/, 'and where its hash is');
    unlike(read_file($file) . $error, qr/\Q$lines->[0]\E/, 'the token stands nowhere');
    my $ask = sub {
        return get($server->port, '/admin/logs/errors', 'X-Admin-Token' => $_[0])->{status};
    };
    ok(wait_until(10, sub { $ask->($lines->[0]) == 200 }), 'it opens the endpoints');
    like($ask->("$lines->[0]x"), qr/^4(?:01|29)$/, 'and no other does');
    is((call('token', 'revoke', 'ops', '--file', $file))[0], 0, 'token revoke');
    ok(wait_until(10, sub { $ask->($lines->[0]) != 200 }), 'closes them');
};

ok($server->stop, 'the server stops');

subtest 'without a writer' => sub {
    my ($code, $lines, $error) = call('status');
    is($code, 1, 'status');
    like("@$lines", qr/none runs.*access\s.*4/s, 'says so, and how large the files are');
    ($code, $lines) = call('status', '--json');
    my ($access) = grep { $_->{stream} eq 'access' }
        @{ JSON::PP->new->decode("@$lines")->{files} };
    is($access->{rotated}, 4, 'and how many are rotated');
    ($code, $lines, $error) = call('find', $id);
    is($code, 0, 'find goes on');
    like($error, qr/no writer runs .*not recorded/, 'and says that this is not recorded');
    ok(scalar @$lines, 'it finds');
    ($code, undef, $error) = call('rotate', 'all');
    is($code, 1, 'rotate');
    like($error, qr/no writer runs .*nothing is rotated/, 'says that nothing is rotated');
};

# What a tampered file may hold does not reach a terminal.
subtest 'a terminal' => sub {
    plan skip_all => 'no script' if !tool('script');
    my $files = $server->root . '/tampered';
    write_file("$files/errors.log",
        qq({"request_id":"x-request-1","message":"\e[2Ja\tb\x7f\xc2\x9b"}\n));
    for my $words ('tail errors', 'find x-request-1') {
        my $piped = `'$program' $words --dir '$files' 2>/dev/null`;
        is($piped, read_file("$files/errors.log"), "$words: a pipe gets the line as it is");
        my $command = "'$program' $words --dir '$files' 2>/dev/null";
        my $shown = `script -qec "$command" /dev/null </dev/null`;
        is($shown, qq({"request_id":"x-request-1","message":"\\x1b[2Ja\\x09b\\x7f\\xc2\\x9b"}\r\n),
            "$words: a terminal gets it harmless");
    }
};

finish();
