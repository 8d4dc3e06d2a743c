#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# What has become of a group of errors: all that is known of it, what an administrator says of it by
# POST and what happens then; which groups are listed and in which order; who was told.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA ();
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Test::More;
use Time::HiRes qw(time);

use T2M::Admin qw(admin_conf admin_files ask body events settle $TOKEN);
use T2M::Client qw(exchange get header parse post);
use T2M::Process qw(wait_until);
use T2M::Server;

my $NOBODY = '0123456789ab';

my $server = T2M::Server->new(
    name => 'states', modules => ['cgi'], files => { admin_files() }, conf => admin_conf() . <<'CONF');
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
<Location "/denied">
Require all denied
</Location>
CONF
$server->announce(qr/AH01630/);
T2M::Admin::start($server);
my $port = $server->port;

sub denied { get($port, '/denied') for 1 .. $_[0] // 1; return }

sub set {
    my ($id, $change, @headers) = @_;
    my $text = ref $change ? JSON::PP->new->canonical->encode($change) : $change;
    @headers = ('Content-Type' => 'application/json', 'X-Admin-Token' => $TOKEN) if !@headers;
    return post($port, "/admin/logs/errors/$id", $text, @headers);
}

sub group { return body(ask($server, "/errors/$_[0]"))->{error_group} }

# The groups of a query, in the order in which the answer's text has them.
sub listed {
    my ($query) = @_;
    my $answer = ask($server, "/errors?$query");
    my $summary = body($answer)->{error_summary};
    my ($text) = $answer->{body} =~ /"error_summary":(.*?),"(?:other|ignored_groups)":/s;
    my @order = grep { $summary->{$_} } ($text // '') =~ /"([0-9a-f]{12})":\{"count_last_hour"/g;
    is_deeply([map { $summary->{$_}{rank} } @order], [1 .. keys %$summary], "$query: ranks");
    return @order;
}

# Three groups; the one that is denied is both the most frequent and the latest.
get($port, '/cgi-bin/status.pl?502') for 1 .. 2;
get($port, '/cgi-bin/status.pl?503');
denied(7);
my $summary = body(ask($server, '/errors'))->{error_summary};
my ($DENIED) = grep { $summary->{$_}{type} eq 'AH01630' } keys %$summary;
my ($SILENT) = grep { $summary->{$_}{type} eq 'HTTP 503' } keys %$summary;
my ($GATEWAY) = grep { $summary->{$_}{type} eq 'HTTP 502' } keys %$summary;
ok($DENIED && $SILENT && $GATEWAY, 'three groups') or diag explain $summary;

subtest 'what is known of a group' => sub {
    my $answer = ask($server, "/errors/$DENIED");
    my $all = body($answer);
    is($answer->{status}, 200, 'it is there');
    is($all->{error_id}, $DENIED, 'by its id');
    my $group = $all->{error_group};
    my @records = grep { $_->{error_id} eq $DENIED } $server->records('errors');
    is($group->{count_total}, 7, 'how often');
    is($group->{count_error}, 0, 'exactly');
    is($group->{state}, 'new', 'it is new');
    is($group->{state_since}, $group->{first_seen}, 'since it was first seen');
    is(scalar @{ $group->{per_hour} }, 168, 'a week of hours');
    is($group->{per_hour}[166] + $group->{per_hour}[167], 7, 'these have all');
    is_deeply($group->{top_endpoints}, [{ name => 'GET /denied', count => 7, error => 0 }], 'where')
        or diag explain $group->{top_endpoints};
    is(scalar @{ $group->{top_vhosts} }, 1, 'at which server');
    is($group->{top_vhosts}[0]{count}, 7, 'each time');
    is($group->{clients}, 1, 'to whom');
    like($group->{template}, qr/client denied/, 'what its messages have in common');
    is(@records + $group->{repeated_pending}, 7, 'seven are written or still to be told of');
    is_deeply($group->{sample_first}, $records[0], 'the first record');
    is_deeply($group->{sample}, $records[-1], 'the last one');
    is_deeply($all->{recent_errors}, [reverse @records], 'and those of the file');
    is(body(ask($server, '/errors/' . uc $DENIED))->{error_id}, $DENIED, 'in capitals, too');
    my $listed = body(ask($server, "/errors?id=$DENIED"))->{error_summary}{$DENIED};
    is_deeply([sort grep { $_ ne 'rank' } keys %$listed], [sort keys %$group],
        'the list has all of it for one');
    ok(!exists $summary->{$DENIED}{$_}, "and for many no $_") for qw(per_hour sample sample_first);
    my @raw = map { parse(exchange($port, "$_ /admin/logs/errors/$DENIED HTTP/1.1\r\nHost: a\r\n"
        . "X-Admin-Token: $TOKEN\r\nConnection: close\r\n\r\n")) } qw(HEAD GET);
    is_deeply([map { $_->{status} } @raw], [200, 200], 'HEAD as GET');
    is($raw[0]{body}, '', 'without a body');
    my $text = ask($server, "/errors/$DENIED", 'X-Admin-Token' => $TOKEN, Accept => 'text/plain');
    like($text->{body}, qr/^error_group$/m, 'as text');
};

subtest 'the order' => sub {
    denied();
    is_deeply([listed('')], [$DENIED, $SILENT, $GATEWAY], 'the latest first');
    is_deeply([listed('sort=new')], [$DENIED, $SILENT, $GATEWAY], 'the newest first');
    is_deeply([listed('sort=frequent')], [$DENIED, $GATEWAY, $SILENT], 'the most frequent first');
    is_deeply([listed('sort=rising')], [$DENIED, $GATEWAY, $SILENT], 'the fastest first');
    get($port, '/cgi-bin/status.pl?503');
    is((listed(''))[0], $SILENT, 'whatever was last');
    is((listed('sort=new'))[0], $DENIED, 'is not the newest for it');
};

subtest 'resolved, and not' => sub {
    my $before = time;
    my $answer = set($DENIED, { state => 'resolved' });
    is($answer->{status}, 200, 'said') or diag $answer->{body};
    is(header($answer, 'Content-Type'), 'application/json', 'answered');
    is(body($answer)->{error_group}{state}, 'resolved', 'and done when the answer comes');
    cmp_ok(body($answer)->{error_group}{state_since}, '>=', int $before, 'since now');
    is_deeply([listed('state=resolved')], [$DENIED], 'among the resolved');
    is_deeply([sort { $a cmp $b } listed('state=new,ongoing')], [sort $SILENT, $GATEWAY], 'and not among the others');
    denied();
    my $group = group($DENIED);
    is($group->{state}, 'regressed', 'until it happens again');
    cmp_ok($group->{state_since}, '>=', int $before, 'since then');
    is_deeply([listed('state=regressed')], [$DENIED], 'among the regressed');
    is(body(set($DENIED, { state => 'ongoing' }))->{error_group}{state}, 'ongoing', 'somebody has seen it');
    denied();
    is(group($DENIED)->{state}, 'ongoing', 'and knows that it goes on');
};

subtest 'ignored' => sub {
    my $answer = body(set($DENIED, { state => 'ignored', count => 3 }))->{error_group};
    is($answer->{state}, 'ignored', 'for some errors');
    is($answer->{ignored_count}, 3, 'three of them');
    ok(!exists $answer->{ignored_until}, 'however long it takes');
    denied(2);
    is_deeply([sort { $a cmp $b } listed('')], [sort $SILENT, $GATEWAY], 'it is not listed');
    is(body(ask($server, '/errors'))->{ignored_groups}, 1, 'which is told');
    is_deeply([listed('state=ignored')], [$DENIED], 'unless asked for');
    is(scalar(my @all = listed('state=all')), 3, 'with all');
    is(body(ask($server, '/errors?state=all'))->{ignored_groups}, 0, 'then nothing is left out');
    is_deeply([listed("id=$DENIED")], [$DENIED], 'or by its id');
    is(group($DENIED)->{ignored_count}, 1, 'one is left');
    denied();
    is(group($DENIED)->{state}, 'ongoing', 'then it is shown again');
    is(scalar(@all = listed('')), 3, 'among the others');
    my $until = body(set($DENIED, { state => 'ignored', until => '2h' }))->{error_group}{ignored_until};
    cmp_ok(abs($until - time - 7200), '<', 60, 'for a time');
    is(body(set($DENIED, { state => 'ignored', until => int(time) + 86400 }))->{error_group}{state},
        'ignored', 'until a moment');
    set($DENIED, { state => 'ignored', until => '2s' });
    ok(wait_until(20, sub { group($DENIED)->{state} eq 'ongoing' }), 'which comes');
    is(body(set($DENIED, { state => 'ignored' }))->{error_group}{state}, 'ignored', 'for ever');
    denied(2);
    is(group($DENIED)->{state}, 'ignored', 'whatever happens');
    set($DENIED, { state => 'ongoing' });
};

subtest 'who said what' => sub {
    settle($server);
    my @told = grep { ($_->{method} // '') eq 'POST' && $_->{result} eq 'granted' }
        events($server, 'admin_log_access');
    cmp_ok(scalar @told, '>=', 6, 'each change is told');
    is($told[0]{detail}, "error group $DENIED is set to resolved", 'what it was');
    is($told[0]{token}, 'tester', 'by whom');
    is($told[0]{resource}, 'errors', 'of what');
    is($told[0]{status}, 200, 'what came of it');
    ok((grep { $_->{detail} eq "error group $DENIED is set to ignored for 3 errors" } @told), 'for how many');
    ok((grep { $_->{detail} =~ /^error group $DENIED is set to ignored until \d{4}-\d\d-\d\dT[\d:.]+Z$/ } @told),
        'until when') or diag explain [map { $_->{detail} } @told];
};

subtest 'what is refused' => sub {
    my @token = ('X-Admin-Token' => $TOKEN);
    my @json = (@token, 'Content-Type' => 'application/json');
    my $good = '{"state":"resolved"}';
    my %bodies = (
        'no body' => '', 'no JSON' => 'state=resolved', 'no object' => '["resolved"]', 'no state' => '{}',
        'another state' => '{"state":"regressed"}', 'a state that is none' => '{"state":"new"}',
        'another type' => '{"state":1}', 'a member more' => '{"state":"resolved","comment":"x"}',
        'one twice' => '{"state":"resolved","state":"ongoing"}',
        'a time that is over' => '{"state":"ignored","until":1}',
        'a time that is none' => '{"state":"ignored","until":"soon"}',
        'no number' => '{"state":"ignored","count":0}', 'too many' => '{"state":"ignored","count":1000000001}',
        'resolved until' => '{"state":"resolved","until":"2h"}', 'ongoing for' => '{"state":"ongoing","count":3}',
    );
    for my $what (sort keys %bodies) {
        my $answer = set($DENIED, $bodies{$what}, @json);
        is($answer->{status}, 400, "$what: 400");
        is(header($answer, 'Content-Type'), 'application/problem+json', "$what: a problem");
        like(body($answer)->{detail}, qr/has to|are for/, "$what: which says what is allowed");
    }
    is(set($DENIED, $good, @token)->{status}, 415, 'no type');
    is(set($DENIED, $good, @token, 'Content-Type' => 'text/plain')->{status}, 415, 'another type');
    is(set($DENIED, $good . ' ' x 5000, @json)->{status}, 413, 'too large');
    my $chunks = join '', map { "400\r\n" . ' ' x 1024 . "\r\n" } 1 .. 5;
    my $head = "POST /admin/logs/errors/$DENIED HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        . "X-Admin-Token: $TOKEN\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    is(parse(exchange($port, "$head${chunks}0\r\n\r\n"))->{status}, 413, 'too large in chunks');
    is(parse(exchange($port, $head . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $good, $good)))->{status}, 200,
        'in chunks as good as any');
    is(set($DENIED, $good, @token, 'Content-Type' => 'Application/json; charset=utf-8')->{status}, 200,
        'a charset does no harm');
    is(set($NOBODY, $good)->{status}, 404, 'no such group');
    is(ask($server, "/errors/$NOBODY")->{status}, 404, 'for GET neither');
    is(ask($server, "/errors/$_")->{status}, 404, "$_: no id") for qw(0123456789a 0123456789abc 0123456789xy);
    is(post($port, "/admin/logs/errors/$DENIED?state=resolved", $good, @json)->{status}, 400, 'no query');
    is(ask($server, "/errors/$DENIED?$_")->{status}, 400, "no $_ here") for qw(sort=new state=new), "id=$DENIED";
    is(ask($server, "/errors?$_")->{status}, 400, "$_: 400") for qw(sort=old sort= state=open state=), 'state=new,';
    is(set($DENIED, $good, 'Content-Type' => 'application/json')->{status}, 401, 'no token');
    is(set($DENIED, $good, @json, 'Sec-Fetch-Site' => 'cross-site')->{status}, 403, 'from elsewhere');
    for my $method (qw(PUT PATCH DELETE OPTIONS)) {
        my $answer = parse(exchange($port, "$method /admin/logs/errors/$DENIED HTTP/1.1\r\nHost: a\r\n"
            . "X-Admin-Token: $TOKEN\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        is($answer->{status}, 405, "$method: 405");
        is(header($answer, 'Allow'), 'GET, HEAD, POST', "$method: what is allowed");
    }
    my $list = post($port, '/admin/logs/errors', $good, @json);
    is($list->{status}, 405, 'a POST to all groups');
    is(header($list, 'Allow'), 'GET, HEAD', 'which are read alone');
    settle($server);
    my @refused = grep { ($_->{detail} // '') =~ /^error group $DENIED$/ } events($server, 'admin_log_access');
    cmp_ok(scalar(grep { $_->{reason} eq 'body' } @refused), '>=', scalar keys %bodies, 'each is told');
};

subtest 'the sums' => sub {
    my $answer = body(ask($server, '/errors?state=all'));
    my $total = 0;
    $total += $_->{count_total} for values %{ $answer->{error_summary} };
    is($answer->{total_errors_logged}, $total, 'all groups together');
    my $health = body(ask($server, '/health'));
    ok($health->{balanced}, 'the ledger balances') or diag explain $health->{ledger};
    my ($line) = ask($server, '/metrics')->{body} =~ /^(t2mlog_suppressed_lines_total\{stream="errors"\} \d+)$/m;
    is($line, qq(t2mlog_suppressed_lines_total{stream="errors"} $health->{ledger}{errors}{suppressed}),
        'what was not written is told there, too');
    is($health->{ledger}{errors}{suppressed}, $total - $server->records('errors'), 'it is the rest');
    like(ask($server, '/metrics')->{body}, qr/^t2mlog_error_groups\{state="resolved"\} 1$/m, 'groups by state');
};
$server->stop;

# Whom httpd has authenticated needs a header that no form sends.
my $other = T2M::Server->new(name => 'states-httpd',
    modules => [qw(authn_core authn_file auth_basic authz_user)],
    files => { admin_files(), users => 'ali:{SHA}' . encode_base64(Digest::SHA::sha1('sesame'), '') . "\n" },
    conf => admin_conf() . <<'CONF');
T2MLogAdminAuth httpd
<Location "/admin/logs">
AuthType Basic
AuthName logs
AuthBasicProvider file
AuthUserFile "@ROOT@/users"
Require valid-user
</Location>
<Location "/denied">
Require all denied
</Location>
CONF
$other->announce(qr/AH01630|AH01617|AH01797/);
$other->start;
$port = $other->port;
my @ali = (Authorization => 'Basic ' . encode_base64('ali:sesame', ''));

subtest 'T2MLogAdminAuth httpd' => sub {
    denied();
    my ($id, $group);
    ok(wait_until(10, sub {
        my $answer = body(ask($other, '/errors', @ali)) // {};
        ($id) = keys %{ $answer->{error_summary} // {} };
        return defined $id;
    }), 'a group');
    my @json = ('Content-Type' => 'application/json', @ali);
    is(set($id, '{"state":"resolved"}', @json)->{status}, 403, 'a POST that a form can send');
    is(set($id, '{"state":"resolved"}', @json, 'X-Requested-With' => 'page', 'Sec-Fetch-Site' => 'same-site')->{status},
        403, 'or a page next door');
    is(body(ask($other, "/errors/$id", @ali))->{error_group}{state}, 'new', 'changes nothing');
    my $done = set($id, '{"state":"resolved"}', @json, 'X-Requested-With' => 'page',
        'Sec-Fetch-Site' => 'same-origin');
    is($done->{status}, 200, 'one with a header of its own');
    is(body($done)->{error_group}{state}, 'resolved', 'does');
};

finish();
