#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# A real Prometheus with conf/prometheus.yml and the alerts of conf/prometheus-rules.yml scrapes
# /admin/logs/metrics: it counts what was requested, and promtool finds nothing to complain of.
use strict;
use warnings;
use FindBin;
use IO::Socket::INET;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use POSIX ();
use Test::More;

use T2M::Client qw(get header);
use T2M::Httpd qw(built run tool);
use T2M::Process qw(wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;
use T2M::Source qw(text_of);

plan skip_all => 'no prometheus' if !tool('prometheus') || !tool('promtool');

my ($prometheus, $port);
my $owner = $$;

END {
    my $status = $?;
    stop_prometheus() if $$ == $owner;
    $? = $status;
}

sub stop_prometheus {
    my $pid = $prometheus or return 0;
    undef $prometheus;
    kill 'TERM', $pid;
    my $ended = wait_until(30, sub { waitpid($pid, POSIX::WNOHANG()) });
    if (!$ended) {
        kill 'KILL', $pid;
        waitpid($pid, 0);
    }
    return !!$ended;
}

my $server = T2M::Server->new(conf => <<'CONF');
T2MLogAdminTokenFile "@ROOT@/tokens"
<Location "/admin/logs">
SetHandler t2mlog-admin
Require all granted
</Location>
CONF
my $root = $server->root;

# A token, made as an administrator would.
sub make_token {
    my ($code, $output) = run(built('t2mlog'), 'token', 'new', 'prometheus', '--file', "$root/tokens");
    my ($token) = $output =~ /^([A-Za-z0-9_-]{20,})$/m;
    ok($code == 0 && $token, 't2mlog token new') or diag $output;
    return $token // 'none';
}

# The shipped file with our server, our token and shorter times in it.
sub configuration {
    my $text = text_of('conf/prometheus.yml');
    my %ours = ('www.example.com:443' => '127.0.0.1:' . $server->port, 'scheme: https' => 'scheme: http',
        '/etc/prometheus/t2mlog.token' => "$root/token", 'scrape_interval: 15s' => 'scrape_interval: 1s');
    for my $theirs (sort keys %ours) {
        ok($text =~ s/^([^#\n]*)\Q$theirs\E/$1$ours{$theirs}/gm,
            "conf/prometheus.yml says $theirs");
    }
    return "global:\n  evaluation_interval: 1s\n$text";
}

sub start_prometheus {
    write_file("$root/prometheus.yml", configuration());
    write_file("$root/prometheus-rules.yml", text_of('conf/prometheus-rules.yml'));
    my ($code, $output) = run('promtool', 'check', 'config', "$root/prometheus.yml");
    is($code, 0, 'promtool check config') or diag $output;
    $port = do { IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)->sockport };
    $prometheus = fork // die "fork: $!";
    return if $prometheus;
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    open(STDOUT, '>', "$root/prometheus.output");
    open(STDERR, '>&', \*STDOUT);
    exec(tool('prometheus'), "--config.file=$root/prometheus.yml", "--storage.tsdb.path=$root/data",
        "--web.listen-address=127.0.0.1:$port") or POSIX::_exit(127);
}

# What the API of Prometheus answers; undef when it does not.
sub api {
    my ($path) = @_;
    my $answer = eval { get($port, "/api/v1/$path") } or return undef;
    my $result = eval { JSON::PP::decode_json($answer->{body}) } or return undef;
    return $result->{status} eq 'success' ? $result->{data} : undef;
}

# The sum of a query's values; undef when there are none.
sub value {
    my ($query) = @_;
    my $data = api('query?query=' . $query =~ s/([^A-Za-z0-9_])/sprintf '%%%02X', ord $1/ger);
    my @values = map { $_->{value}[1] } @{ ($data // {})->{result} // [] };
    return undef if !@values;
    my $sum = 0;
    $sum += $_ for @values;
    return $sum;
}

sub becomes {
    my ($query, $wanted) = @_;
    my $last;
    return ok(wait_until(30, sub { defined($last = value($query)) && $last == $wanted }),
        "$query is $wanted") || diag($last // 'nothing') && 0;
}

sub send_requests {
    my ($count, $path) = @_;
    get($server->port, $path) for 1 .. $count;
}

my $token = make_token();
write_file("$root/token", "$token\n", 0600);
$server->start;

isnt(get($server->port, '/admin/logs/metrics')->{status}, 200, 'no metrics without a token');
send_requests(7, '/index.html');
send_requests(3, '/not-there');
start_prometheus();

my $page = 'endpoint="GET /index.html"';
subtest scraped => sub {
    becomes('up{job="t2mlog"}', 1) or return;
    becomes("t2mlog_requests_total{$page}", 7);
    becomes("t2mlog_requests_total{$page,status=\"2xx\"}", 7);
    becomes('t2mlog_requests_total{endpoint="GET /not-there",status="4xx"}', 3);
    becomes("t2mlog_request_duration_seconds_count{$page}", 7);
    becomes("t2mlog_request_duration_seconds_bucket{$page,le=\"+Inf\"}", 7);
    becomes('t2mlog_writer_up', 1);
    send_requests(5, '/index.html');
    becomes("t2mlog_requests_total{$page,status=\"2xx\"}", 12);
} or diag read_file("$root/prometheus.output");

# Names of metrics, without what a histogram adds.
sub families { return map { s/_(?:bucket|count|sum)$//r } $_[0] =~ /\b(t2mlog_[a-z_]+)/g }

subtest alerts => sub {
    my @rules;
    ok(wait_until(20, sub {
        @rules = map { @{ $_->{rules} } } @{ (api('rules') // {})->{groups} // [] };
        return @rules && !grep { $_->{health} eq 'unknown' } @rules;
    }), 'are evaluated');
    is_deeply([map { "$_->{name}: $_->{lastError}" } grep { $_->{health} ne 'ok' } @rules], [],
        'without an error');
    is_deeply([map { $_->{name} } grep { $_->{state} eq 'firing' } @rules], [], 'none fires');
};

subtest 'the text' => sub {
    my $answer = get($server->port, '/admin/logs/metrics', Authorization => "Bearer $token");
    is($answer->{status}, 200, 'is given for the token');
    like(header($answer, 'Content-Type') // '', qr{^text/plain; version=0\.0\.4}, 'says its version');
    write_file("$root/metrics", $answer->{body});
    my ($code, $output) = run('sh', '-c', 'promtool check metrics <"$0"', "$root/metrics");
    is($code, 0, 'promtool check metrics');
    is($output, '', 'has nothing to say');
    my %there = map { ($_ => 1) } $answer->{body} =~ /^# TYPE (\S+)/mg;
    my %used = map { ($_ => 1) } map { families($_) } text_of('conf/prometheus-rules.yml') =~ /(.*)/g;
    is_deeply([grep { !$there{$_} } sort keys %used], [], 'holds every metric that the alerts use');
};

ok(stop_prometheus(), 'Prometheus stops');
finish();
