#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# What the admin endpoints answer, held against the files of the streams: every record, every count,
# every duration, the ledger and the metrics, also after the writer was killed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Admin qw(admin_conf admin_files ask body $TOKEN);
use T2M::Client qw(get header);
use T2M::Httpd qw(run tool);
use T2M::Process qw(wait_until);
use T2M::Root qw(write_file);
use T2M::Server;

my $server = T2M::Server->new(
    name => 'answers', modules => ['cgi'], files => { admin_files() }, conf => admin_conf() . <<'CONF');
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
<Location "/cgi-bin/slow.pl">
T2MLogSlow 100ms
T2MLogEndpoint "slow \"one\""
</Location>
CONF
$server->announce(qr/AH01215|End of script/);
T2M::Admin::start($server);
my $port = $server->port;

# The answer's JSON.
sub answer {
    my ($path) = @_;
    return body(ask($server, $path)) // die "$path: no JSON";
}

sub plain { return ask($server, $_[0], 'X-Admin-Token' => $TOKEN, Accept => 'text/plain')->{body} }

sub seqs { return [map { $_->{seq} } @_] }

# A site's day: errors of two kinds, one status that no line explains, slow ones, attacks.
my $NASTY = '<script>alert(1)</script>"\'' . "\xe2\x80\xae";
get($port, "/index.html?$_") for 1 .. 20;
get($port, '/cgi-bin/die.pl', 'User-Agent' => $NASTY) for 1 .. 3;
get($port, '/cgi-bin/status.pl?503') for 1 .. 2;
my $slow_id = header(get($port, '/cgi-bin/slow.pl?0.2'), 'X-Request-ID');
get($port, '/cgi-bin/slow.pl?0');
get($port, '/%3Cimg%20src=x%20onerror=alert(1)%3E%e2%80%ae%1b[2J%7f');
my $failed_id = header(get($port, '/cgi-bin/die.pl'), 'X-Request-ID');
ask($server, '/errors', 'X-Admin-Token' => 'wrong-0123456789-0123456789-0123456789');

subtest 'errors' => sub {
    my $answer = answer('/errors');
    my @records = reverse $server->records('errors');
    my %count;
    $count{ $_->{error_id} }++ for @records;
    is_deeply($answer->{recent_errors}, \@records, 'every record as it stands in the file, newest first');
    is($answer->{total_errors_logged}, scalar @records, 'all of them are counted');
    my $summary = $answer->{error_summary};
    is_deeply({ map { ($_ => $summary->{$_}{count_total}) } keys %$summary }, \%count, 'by group');
    is_deeply({ map { ($_ => $summary->{$_}{count_last_hour}) } keys %$summary }, \%count,
        'of the last hour');
    for my $record (@records) {
        my $group = $summary->{ $record->{error_id} };
        is(scalar @{ $group->{per_minute} }, 60, "$record->{error_id}: sixty minutes");
        cmp_ok(abs($group->{last_seen} - time), '<', 60, 'seen a moment ago');
        cmp_ok($group->{first_seen}, '<=', $group->{last_seen}, 'not before it was first');
        is($group->{type}, $record->{error_type}, 'its type');
        is($group->{logger}, $record->{logger}, 'its logger');
        like($group->{message}, qr/\S/, 'its message');
        ok((grep { ($_->{request_id} // '') eq $group->{sample_request_id} } @records), 'its request');
    }
    ok(!exists $answer->{other}, 'all have a place of their own');
    ok(!exists $answer->{unreadable}, 'all can be read');
};

subtest 'errors: the query' => sub {
    my @records = reverse $server->records('errors');
    my ($died) = grep { $_->{error_type} eq 'AH01215' } @records;
    my %queries = (
        'limit=2' => [@records[0, 1]],
        "id=$died->{error_id}" => [grep { $_->{error_id} eq $died->{error_id} } @records],
        "request_id=$failed_id" => [grep { ($_->{request_id} // '') eq $failed_id } @records],
        'endpoint=GET+/cgi-bin/status.pl' => [grep { $_->{endpoint} eq 'GET /cgi-bin/status.pl' } @records],
        'q=back+room' => [grep { $_->{message} =~ /back room/ } @records],
        'level=CRITICAL' => [], 'until=1h' => [], 'since=1h' => \@records,
        "after=$records[2]{seq}" => [@records[0, 1]],
    );
    for my $query (sort keys %queries) {
        my $answer = answer("/errors?$query");
        is_deeply(seqs(@{ $answer->{recent_errors} }), seqs(@{ $queries{$query} }), $query);
        is($answer->{total_errors_logged}, scalar @records, "$query: the sum stays");
    }
    is_deeply([keys %{ answer("/errors?id=$died->{error_id}")->{error_summary} }],
        [$died->{error_id}], 'one group');
    is_deeply(answer('/errors?level=CRITICAL')->{error_summary}, {}, 'no group of that level');
    for my $wrong ('limit=0', 'limit=1001', 'limit=-1', 'since=x', 'level=LOUD', 'id=1', 'event=a', 'x=1') {
        is(ask($server, "/errors?$wrong")->{status}, 400, "$wrong is refused");
    }
};

# The k-th smallest of the durations, by nearest rank.
sub quantile {
    my ($q, @sorted) = @_;
    my $rank = int($q * @sorted);
    $rank++ if $rank < $q * @sorted;
    return $sorted[($rank || 1) - 1];
}

subtest 'performance' => sub {
    my $answer = answer('/performance');
    my %durations;
    push @{ $durations{ $_->{metric} } }, $_ for $server->records('performance');
    for my $metric ('GET /index.html', 'GET /cgi-bin/die.pl', 'GET /cgi-bin/status.pl', 'slow "one"') {
        my @records = @{ $durations{$metric} // [] };
        my @sorted = sort { $a <=> $b } map { $_->{duration_ms} } @records;
        my $sum = 0;
        $sum += $_ for @sorted;
        my $told = $answer->{performance_metrics}{$metric};
        is($told->{count}, scalar @records, "$metric: count");
        is($told->{min_ms}, $sorted[0], 'the shortest');
        is($told->{max_ms}, $sorted[-1], 'the longest');
        cmp_ok(abs($told->{avg_ms} - $sum / @sorted), '<', 0.001, 'the average');
        is($told->{error_count}, scalar(grep { $_->{status} >= 500 } @records), 'those that failed');
        is($told->{slow_count}, scalar(grep { $_->{slow} } @records), 'those that were slow');
        for my $percent (50, 90, 95, 99) {
            my $true = quantile($percent / 100, @sorted);
            cmp_ok(abs($told->{"p${percent}_ms"} - $true), '<=', 0.022 * $true + 0.001, "p$percent");
        }
    }
    my ($slow) = grep { $_->{slow} } $server->records('performance');
    is_deeply($answer->{slow_requests}, [{
        (map { ($_ => $slow->{$_}) } qw(metric duration_ms timestamp request_id status)),
        path => '/cgi-bin/slow.pl',
    }], 'the slow request, with its path');
    is($slow->{request_id}, $slow_id, 'is that one');
    my $one = answer('/performance?endpoint=' . 'slow+%22one%22');
    is_deeply([keys %{ $one->{performance_metrics} }], ['slow "one"'], 'one endpoint');
    is_deeply(answer('/performance?endpoint=none')->{slow_requests}, [], 'no slow ones of another');
};

subtest 'security' => sub {
    my $answer = answer('/security?limit=1000');
    my $newest = $answer->{security_events}[0]{seq};
    my @records = grep { $_->{seq} <= $newest } reverse $server->records('security');
    my (%count, $sum);
    $count{ $_->{event} }++ for @records;
    is_deeply($answer->{security_events}, \@records, 'every record, newest first');
    is($records[0]{event}, 'admin_log_access', 'this very access is among them');
    is_deeply($answer->{event_summary}, \%count, 'each event counted');
    $sum += $_ for values %{ $answer->{event_summary} };
    is($answer->{total_events}, $sum, 'and all of them');
    my ($refused) = grep { ($_->{result} // '') ne 'granted' } @records;
    my $one = answer("/security?level=WARNING&event=$refused->{event}");
    ok(!(grep { $_->{level} eq 'INFO' } @{ $one->{security_events} }), 'from a level on');
    is_deeply([keys %{ $one->{event_summary} }], [$refused->{event}], 'one event');
    is_deeply(answer('/security?event=none')->{security_events}, [], 'none of another');
};

subtest 'requests' => sub {
    my $answer = answer("/requests/$failed_id");
    my $found = $server->by_id($failed_id);
    my %told;
    for my $record (@{ $answer->{records} }) {
        my %copy = %$record;
        push @{ $told{ delete $copy{stream} } }, \%copy;
    }
    $told{$_} //= [] for keys %$found;
    is_deeply(\%told, $found, 'every record of every stream');
    my @times = map { $_->{timestamp} } @{ $answer->{records} };
    is_deeply(\@times, [sort @times], 'in the order of time');
    is($answer->{matched}, scalar @times, 'and how many');
    my $none = answer('/requests/01234567-89ab-7def-8123-456789abcdef');
    is_deeply($none->{records}, [], 'an id that nothing has');
    like($none->{hint}, qr/t2mlog find/, 'a hint');
};

subtest 'health' => sub {
    my $answer = answer('/health');
    is($answer->{status}, 'ok', 'all is well');
    is_deeply($answer->{reasons}, [], 'for no reason');
    ok($answer->{balanced}, 'the ledger balances');
    for my $stream (sort keys %{ $answer->{ledger} }) {
        my $account = $answer->{ledger}{$stream};
        my $dropped = 0;
        $dropped += $_ for values %{ $account->{dropped} };
        is($account->{accepted}, $account->{written} + $account->{suppressed} + $dropped
            + $account->{waiting}, "$stream: accepted is what it says");
        cmp_ok($account->{written}, '>', 0, 'and not nothing');
    }
    is($answer->{ledger}{errors}{written}, scalar(my @errors = $server->records('errors')),
        'what is written stands in the file');
    ok($answer->{writer}{up}, 'the writer is up');
    ok(kill(0, $answer->{writer}{pid}), 'and has that pid');
    is_deeply([sort map { $_->{stream} } @{ $answer->{files} }],
        [qw(access app errors performance security)], 'the files');
    for my $file (grep { $_->{stream} eq 'errors' } @{ $answer->{files} }) {
        is($file->{size_bytes}, -s $file->{path}, 'its size');
        is($file->{seq}, $errors[-1]{seq}, 'its last number');
    }
    cmp_ok($answer->{disk}{free_bytes}, '>', 0, 'the disk');
};

subtest 'the index' => sub {
    my ($group) = keys %{ answer('/errors')->{error_summary} };
    for my $endpoint (@{ answer('/')->{endpoints} }) {
        my $id = $endpoint->{path} =~ m{errors/ID$} ? $group : $failed_id;
        my $path = $endpoint->{path} =~ s/ID$/$id/r =~ s{^/admin/logs}{}r;
        is(ask($server, $path)->{status}, 200, "$endpoint->{path} is there");
        my %example = (limit => 1, since => '1h', until => '0s', level => 'INFO', endpoint => 'a',
            id => '0' x 12, request_id => 'abcdefgh', event => 'a', q => 'a', after => 0,
            sort => 'new', state => 'all');
        is(ask($server, "$path?$_=$example{$_}")->{status}, 200, "with $_")
            for @{ $endpoint->{parameters} };
        delete @example{ @{ $endpoint->{parameters} } };
        is(ask($server, "$path?$_=$example{$_}")->{status}, 400, "not with $_") for sort keys %example;
    }
};

subtest 'tables for a terminal' => sub {
    my %headings = (errors => 'error_id +last hour', performance => 'metric +count',
        security => 'timestamp +severity', health => 'stream +accepted', '' => 'path +description',
        "requests/$failed_id" => 'timestamp +stream');
    for my $name (sort keys %headings) {
        my $text = plain("/$name");
        like($text, qr/^$headings{$name}/m, "$name: a heading");
        unlike($text, qr/[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]/,
            "$name: nothing that a terminal acts on");
        utf8::decode($text);
        is_deeply([grep { length > 120 } split /\n/, $text], [], "$name: no line is too long");
    }
};

# {sample with its labels => value} of the metrics.
sub samples {
    my ($text) = @_;
    return map { /^([a-z]\S*(?:\{.*\})?) (\S+)$/ ? ($1 => $2) : () } split /\n/, $text;
}

my %before;
subtest 'metrics' => sub {
    my $text = ask($server, '/metrics')->{body};
    %before = samples($text);
    my @access = $server->records('access');
    is($before{'t2mlog_requests_total{endpoint="GET /index.html",status="2xx"}'}, 20, 'requests');
    is($before{'t2mlog_request_errors_total{endpoint="GET /cgi-bin/die.pl"}'}, 4, 'failed ones');
    is($before{'t2mlog_slow_requests_total{endpoint="slow \"one\""}'}, 1, 'slow ones');
    is($before{'t2mlog_request_duration_seconds_bucket{endpoint="GET /index.html",le="+Inf"}'}, 20,
        'durations');
    is($before{'t2mlog_errors_total'}, scalar(my @errors = $server->records('errors')), 'errors');
    cmp_ok($before{'t2mlog_records_total{stream="access",level="ERROR"}'}, '>=', 6, 'lines');
    is($before{'t2mlog_writer_up'}, 1, 'the writer');
    unlike($text, qr/[^\x20-\x7e\n]/, 'nothing but ASCII here');
  SKIP: {
        skip 'no promtool', 2 if !tool('promtool');
        my $file = $server->root . '/metrics';
        write_file($file, $text . "t2mlog_bad_counter 1\n# TYPE a counter\na 1\n");
        my ($code) = run('sh', '-c', 'exec promtool check metrics <"$0"', $file);
        isnt($code, 0, 'promtool sees what is wrong');
        write_file($file, $text);
        ($code, my $output) = run('sh', '-c', 'exec promtool check metrics <"$0"', $file);
        is("$code $output", '0 ', 'promtool has nothing to say');
    }
};

subtest 'the writer is killed' => sub {
    my $old = answer('/health')->{writer}{pid};
    kill 'KILL', $old;
    ok(wait_until(10, sub {
        my $answer = body(ask($server, '/health')) // {};
        ($answer->{writer}{pid} // $old) != $old && $answer->{status} eq 'ok';
    }), 'another one comes');
    get($port, '/index.html') for 1 .. 5;
    my %after = samples(ask($server, '/metrics')->{body});
    is($after{t2mlog_writer_restarts_total}, $before{t2mlog_writer_restarts_total} + 1, 'counted');
    is($after{'t2mlog_requests_total{endpoint="GET /index.html",status="2xx"}'}, 25, 'no count is lost');
    my @back = grep { /_total|_bucket|_count/ && ($after{$_} // -1) < $before{$_} } sort keys %before;
    is_deeply(\@back, [], 'no counter goes back');
    my $errors = answer('/errors');
    is($errors->{total_errors_logged}, scalar(my @errors = $server->records('errors')), 'nor the errors');
    ok(answer('/health')->{balanced}, 'the ledger balances');
};

subtest 'T2MLogLayout nested' => sub {
    my $nested = T2M::Server->new(name => 'nested', modules => ['cgi'], files => { admin_files() },
        conf => admin_conf() . <<'CONF');
T2MLogLayout nested
T2MLogSlow 100ms
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
CONF
    $nested->announce(qr/AH01215|End of script/);
    T2M::Admin::start($nested);
    my $id = header(get($nested->port, '/cgi-bin/slow.pl?0.2'), 'X-Request-ID');
    my $died = header(get($nested->port, '/cgi-bin/die.pl'), 'X-Request-ID');
    my $slow = body(ask($nested, '/performance?endpoint=GET+/cgi-bin/slow.pl'))->{slow_requests};
    is_deeply([map { "$_->{request_id} $_->{path} $_->{status}" } @$slow],
        ["$id /cgi-bin/slow.pl 200"], 'slow requests');
    my $events = body(ask($nested, '/security?event=admin_log_access'))->{security_events};
    cmp_ok(scalar @$events, '>', 0, 'events by name');
    is_deeply([grep { exists $_->{event} } @$events], [], 'which the records have nested');
    my $errors = body(ask($nested, "/errors?request_id=$died"));
    is(scalar @{ $errors->{recent_errors} }, 2, 'errors of a request');
    is(scalar keys %{ $errors->{error_summary} }, 2, 'and their groups');
    my %streams = map { ($_->{stream} => 1) } @{ body(ask($nested, "/requests/$died"))->{records} };
    is_deeply([sort keys %streams], [qw(access app errors performance)], 'all of a request');
};

finish();
