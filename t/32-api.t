#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The C API: a module compiled against mod_t2mlog.h calls every function, with a request and without,
# rightly and wrongly, from many threads; and what it said stands in the streams.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;

use T2M::Client qw(get header);
use T2M::Httpd qw(httpd);
use T2M::Log qw(is_number);
use T2M::Module qw(compiled);
use T2M::Server;

plan skip_all => 'no httpd on this machine' if !httpd();
my $probe = compiled('t/module/mod_t2mlog_probe.c') or plan skip_all => 'no apxs or no compiler';
my $example = compiled('examples/mod_example.c');

my $PROBE = <<"CONF";
LoadModule t2mlog_probe_module "$probe"
<Location "/probe">
SetHandler t2mlog-probe
</Location>
<Location "/probe/silent">
T2MLog Off
</Location>
<Location "/probe/slow">
T2MLogPerformance slow
T2MLogSlow 2s
T2MLogEndpoint probe
</Location>
CONF

my $server = T2M::Server->new(name => 'api', conf => <<"CONF");
$PROBE
LoadModule example_module "$example"
<Location "/example">
SetHandler example
</Location>
T2MLogLevel app DEBUG
T2MLogBuffer 8M
T2MLogMaxRecord 64K
<VirtualHost 127.0.0.1:\@PORT\@>
ServerName test.example
</VirtualHost>
<VirtualHost 127.0.0.1:\@PORT\@>
ServerName off.example
T2MLog Off
</VirtualHost>
CONF
$server->start;

# The answer's lines as [what, status].
sub statuses {
    my ($answer) = @_;
    return map { [split ' '] } split /\n/, $answer->{body};
}

# Asks for a case; returns the request id.
sub ask {
    my ($path, $what, @headers) = @_;
    my $answer = get($server->port, $path, @headers);
    my @wrong = grep { $_->[1] ne 'OK' } statuses($answer);
    cmp_ok(scalar(() = statuses($answer)), '>=', 1, "$what: answers");
    is_deeply(\@wrong, [], "$what: every call is taken");
    return scalar header($answer, 'X-Request-ID');
}

my %id = (
    all => ask('/probe?all', 'with a request'),
    none => ask('/probe?none', 'without'),
    context => ask('/probe/context/12345?context', 'context'),
    often => ask('/probe?often', 'often'),
    traceback => ask('/probe?traceback', 'traceback'),
    bytes => ask('/probe?bytes', 'bytes'),
    threads => ask('/probe?threads', 'threads'),
    silent => ask('/probe/silent?all', 'silent directory'),
    slow => ask('/probe/slow?all', 'slow only'),
);
ask('/probe?all', 'T2MLog Off', Host => 'off.example');

is(get($server->port, '/probe?early')->{body}, "early EAGAIN\n", 'before the server runs');
is(get($server->port, '/probe/explained?explained')->{status}, 500, 'a handler that fails');

my %full = map { @$_ } statuses(get($server->port, '/probe?full'));
is_deeply(\%full, {
    seventeen => 'EINVAL', sixteen => 'OK', 'one-more' => 'ENOSPC', line => 'OK', pop => 'OK',
    pushes => 'OK', 'too-deep' => 'ENOSPC', pops => 'OK', empty => 'EINVAL',
}, 'as many fields and pushes as there is room for');

my @bad = statuses(get($server->port, '/probe?bad'));
cmp_ok(scalar @bad, '>=', 38, 'wrong calls');
is($_->[1], 'EINVAL', "wrong call: $_->[0]") for @bad;

my $example_id = header(get($server->port, '/example?size=42'), 'X-Request-ID');
my $failed_id = header(get($server->port, '/example?size=x'), 'X-Request-ID');

ok($server->stop, 'the server stops');
my %records = map { ($_ => [$server->records($_)]) } qw(app errors access security performance);

# The records of a request, or of none, that have these values.
sub found {
    my ($stream, $id, %want) = @_;
    return grep {
        my $record = $_;
        ($record->{request_id} // '') eq ($id // '')
            && !grep { ($record->{$_} // '') ne $want{$_} } keys %want;
    } @{ $records{$stream} };
}

sub one {
    my ($stream, $id, %want) = @_;
    my @found = found($stream, $id, %want);
    is(@found, 1, join ' ', "one line of $stream:", map { "$_ $want{$_}" } sort keys %want);
    return $found[0] // {};
}

for my $case (qw(all none)) {
    my $id = $case eq 'all' ? $id{all} : undef;
    subtest "$case: lines" => sub {
        my $line = one('app', $id, message => 'User action completed');
        is($line->{level}, 'WARNING', 'level');
        is($line->{logger}, 'talk2me.probe', 'logger');
        is($line->{user_id}, 42, 'an integer');
        ok(is_number($line, 'user_id'), 'is a number');
        is($line->{score}, 0.5, 'a fraction');
        ok(is_number($line, 'score'), 'is a number');
        ok(JSON::PP::is_bool($line->{paid}) && $line->{paid}, 'a boolean');
        is($line->{action}, 'upload_audio', 'a text; the first of two names');
        is($line->{$_}, '[REDACTED]', "$_ is masked by its name") for qw(password api_key);
        ok(!exists $line->{empty}, 'an empty text is left out');
        is($line->{path}, $id ? '/probe' : undef, 'path');
        is(one('app', $id, message => 'default level')->{level}, 'INFO', 'the default level');
        is(one('app', $id, message => 'default level')->{logger}, 'talk2me', 'no source');
        my $error = one('errors', $id, message => 'an error line');
        is($error->{exception}{type}, 'probe', 'a line of level ERROR is in errors');
        like($error->{error_id}, qr/^[0-9a-f]{12}$/, 'error_id');
        is(scalar found('app', $id, message => 'an error line'), 1, 'and in app');
    };
    subtest "$case: exceptions" => sub {
        my $line = one('errors', $id, message => 'Failed to process audio');
        is_deeply($line->{exception}, { type => 'ValueError',
            message => 'Audio file exceeds maximum size',
            traceback => ['main (main.c:10)', 'open_it password=[REDACTED] (io.c:7)'] },
            'exception');
        is($line->{error_type}, 'ValueError', 'error_type');
        is($line->{file}, 'audio.c', 'file without its directory');
        is($line->{line}, 12, 'line');
        is($line->{file_size}, 7340032, 'a field');
        is($line->{level}, 'ERROR', 'level');
        is(scalar found('app', $id, message => 'Failed to process audio'), 1, 'in app too');
        my $bare = one('errors', $id, message => 'IOError: no disk');
        is($bare->{level}, 'CRITICAL', 'critical');
        is_deeply($bare->{exception}{traceback}, [], 'no traceback');
        isnt($bare->{error_id}, $line->{error_id}, 'another group');
    };
    subtest "$case: security" => sub {
        my $line = one('security', $id, event => 'multiple_failed_attempts');
        is($line->{message}, 'Security event: multiple_failed_attempts', 'message');
        is($line->{severity}, 'warning', 'the default severity');
        is($line->{attempts}, 4, 'attempts');
        ok($line->{blocked}, 'blocked');
        is($line->{ip}, '192.0.2.7', 'ip');
        is($line->{detail}, 'told by the probe', 'detail');
        is($line->{attempted_resource}, '/admin', 'a text');
        is($line->{risk}, 0.75, 'a fraction');
        my $counted = one('security', $id, event => 'probe_counted');
        is($counted->{level}, 'CRITICAL', 'its severity');
        is($counted->{ip}, $id ? '127.0.0.1' : undef, 'the client of the request');
    };
    subtest "$case: metrics" => sub {
        my $line = one('performance', $id, metric => 'transcribe_audio');
        is($line->{message}, 'Performance metric: transcribe_audio', 'message');
        is($line->{duration_ms}, 2500, 'duration_ms');
        is($line->{function}, 'transcribe', 'function');
        is($line->{module}, 'app', 'module');
        is($line->{input_size}, 3, 'a field');
        ok($line->{slow}, 'slower than two seconds');
        is($line->{path}, $id ? '/probe' : undef, 'so the path is said');
        ok(!exists $line->{status}, 'a metric has no status');
        is(one('performance', $id, metric => 'quick_failure')->{duration_ms}, 1.5, 'a short one');
        my $timed = one('performance', $id, metric => 'timed');
        cmp_ok($timed->{duration_ms}, '>=', 20, 'begin and end');
        cmp_ok($timed->{duration_ms}, '<', 5000, 'and not much more');
        ok(!exists $timed->{function}, 'no function');
    };
}

subtest context => sub {
    my %want = (outer => ['translation', undef], inner => ['inner', 'yes'],
        call => ['call', 'yes'], again => ['translation', undef]);
    for my $message (sort keys %want) {
        my $line = one('app', $id{context}, message => $message);
        is($line->{feature}, $want{$message}[0], "$message: the innermost counts");
        is($line->{deep}, $want{$message}[1], "$message: what was pushed inside");
        is($line->{user_id}, 42, "$message: the outermost stays");
        ok(is_number($line, 'user_id'), "$message: and a number");
    }
    for my $stream (qw(access performance)) {
        my $line = one($stream, $id{context}, endpoint => 'GET /probe/context/:n');
        is($line->{user_id}, 42, "$stream has what was not popped");
        is($line->{feature}, 'translation', "$stream: all of it");
    }
    my ($full) = grep { $_->{message} eq 'full' } @{ $records{app} };
    is_deeply([map { $full->{"n$_"} } 0 .. 16], [0 .. 15, undef], 'sixteen fields on a line');
    is($full->{own}, 'of the call', 'and one of the call');
    my ($often) = found('access', $id{often});
    is(length $often->{text}, 1024, 'a text is cut to 1 KiB');
    ok($often->{truncated}, 'and the line says so');
};

subtest tracebacks => sub {
    my $many = one('errors', $id{traceback}, error_type => 'RecursionError');
    my @frames = @{ $many->{exception}{traceback} // [] };
    is($frames[0], 'frame 0 in a file with a rather long name.c', 'the first frame');
    is($frames[-1], 'frame 1999 in a file with a rather long name.c', 'the last frame');
    ok((grep { /left out/ } @frames), 'frames left out are named');
    ok($many->{truncated}, 'truncated');
    my $long = one('errors', $id{traceback}, error_type => 'LongLines');
    cmp_ok(scalar @{ $long->{exception}{traceback} }, '>=', 2, 'frames of long lines');
    ok(!(grep { /4111/ } @{ $long->{exception}{traceback} }), 'a secret at the cut is masked');
};

subtest 'bytes that are no text' => sub {
    my ($line) = grep { $_->{lossy} } found('app', $id{bytes});
    like($line->{message}, qr/^a\x{fffd}/, 'replaced');
    like($line->{x}, qr/^a\x{fffd}/, 'in a field too');
    is(scalar found('errors', $id{bytes}, error_type => 'Bytes'), 1, 'an exception');
    is(scalar found('security', $id{bytes}, event => 'bytes'), 1, 'an event');
};

subtest threads => sub {
    my @numbers = sort { $a <=> $b } map { $_->{number} } found('app', undef,
        message => 'in a thread');
    is_deeply(\@numbers, [0 .. 399], 'every line once');
    is(scalar found('performance', undef, metric => 'in_thread'), 400, 'every metric');
    is(scalar found('security', undef, event => 'in_thread'), 400, 'every event');
};

subtest 'what nobody wants' => sub {
    is(scalar found($_, $id{silent}), 0, "off in the directory: no $_")
        for qw(access performance);
    cmp_ok(scalar found($_, $id{silent}), '>=', 1, "off in the directory: $_ stays")
        for qw(app errors security);
    is(scalar(grep { ($_->{vhost} // '') eq 'off.example' } @{ $records{access} }), 0,
        'off in the server: nothing');
    is(scalar(grep { $_->{message} eq 'User action completed' } @{ $records{app} }), 4,
        'lines of four calls');
    is_deeply([sort map { $_->{metric} } found('performance', $id{slow})],
        [qw(quick_failure transcribe_audio)], 'T2MLogPerformance slow: what was slow or failed');
    is(one('app', $id{slow}, message => 'default level')->{endpoint}, 'probe', 'T2MLogEndpoint');
    ok(!(grep { $_->{message} =~ /^bad|too early/ } @{ $records{app} }), 'no wrong call is logged');
};

subtest 'a failing handler' => sub {
    my @lines = grep { ($_->{endpoint} // '') eq 'GET /probe/explained' } @{ $records{errors} };
    is_deeply([map { $_->{error_type} } @lines], ['Explained'], 'is explained by its exception');
};

subtest example => sub {
    my $line = one('app', $example_id, message => 'Document converted');
    is($line->{user_id}, 42, 'the context of the example');
    is(one('performance', $example_id, metric => 'convert_document')->{module}, 'mod_example',
        'its metric');
    my $error = one('errors', $failed_id, error_type => 'ValueError');
    is($error->{message}, 'Failed to convert the document', 'its exception');
    one('security', $failed_id, event => 'suspicious_size');
};

# The same module where nothing is logged.
my $off = T2M::Server->new(name => 'off', t2mlog => 'T2MLog Off', conf => $PROBE);
$off->start;
for my $case (qw(all none context)) {
    my @statuses = statuses(get($off->port, "/probe?$case"));
    cmp_ok(scalar @statuses, '>=', 7, "off: $case answers");
    is_deeply([grep { $_->[1] ne 'OK' } @statuses], [], 'that is no trouble of the caller');
}
is(get($off->port, '/probe?early')->{body}, "early OK\n", 'at no time');
ok(!-e $off->log_dir, 'and nothing is written');

# And where there is no mod_t2mlog.
my $alone = T2M::Server->new(name => 'alone', t2mlog => undef, conf => <<"CONF");
LoadModule t2mlog_probe_module "$probe"
LoadModule example_module "$example"
<Location "/probe">
SetHandler t2mlog-probe
</Location>
<Location "/example">
SetHandler example
</Location>
CONF
$alone->start;
is(get($alone->port, '/probe?all')->{body}, "no mod_t2mlog\n", 'the functions are not there');
is(get($alone->port, '/example?size=42')->{status}, 200, 'the example does without');

finish();
