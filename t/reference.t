#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The documentation of the reference system, taken at its word: every shell recipe of it is run on
# real output (only its token and its port are put in), every example of a record, of an answer and
# of an environment variable is compared with ours. What each recipe printed stands at the end.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time);

use T2M::Admin qw(admin_conf admin_files settle);
use T2M::Client qw(get post);
use T2M::Httpd qw(run tool);
use T2M::Log qw(count_lines);
use T2M::Process qw(wait_until);
use T2M::Root qw(read_file);
use T2M::Server;

for my $program (qw(jq curl awk python3 faketime)) {
    plan skip_all => "no $program on this machine" if !tool($program);
}

# ---- the documented examples ---------------------------------------------------------------------

my %RECORD = (
    app => <<'JSON',
{
"timestamp": "2024-01-15T10:30:45.123Z",
"level": "INFO",
"logger": "talk2me",
"message": "Whisper model loaded successfully",
"app": "talk2me",
"environment": "production",
"hostname": "server-1",
"thread": "MainThread",
"process": 12345
}
JSON
    errors => <<'JSON',
{
"timestamp": "2024-01-15T10:31:00.456Z",
"level": "ERROR",
"logger": "talk2me.errors",
"message": "Error in transcribe: File too large",
"exception": {
"type": "ValueError",
"message": "Audio file exceeds maximum size",
"traceback": ["...full stack trace..."]
},
"request_id": "1234567890-abcdef",
"endpoint": "transcribe",
"method": "POST",
"path": "/transcribe",
"ip": "192.168.1.100"
}
JSON
    access => <<'JSON',
{
"timestamp": "2024-01-15T10:32:00.789Z",
"level": "INFO",
"message": "request_complete",
"request_id": "1234567890-abcdef",
"method": "POST",
"path": "/transcribe",
"status": 200,
"duration_ms": 1250,
"content_length": 4096,
"ip": "192.168.1.100",
"user_agent": "Mozilla/5.0..."
}
JSON
    security => <<'JSON',
{
"timestamp": "2024-01-15T10:33:00.123Z",
"level": "WARNING",
"message": "Security event: rate_limit_exceeded",
"event": "rate_limit_exceeded",
"severity": "warning",
"ip": "192.168.1.100",
"endpoint": "/transcribe",
"attempts": 15,
"blocked": true
}
JSON
    performance => <<'JSON',
{
"timestamp": "2024-01-15T10:34:00.456Z",
"level": "INFO",
"message": "Performance metric: transcribe_audio",
"metric": "transcribe_audio",
"duration_ms": 2500,
"function": "transcribe",
"module": "app",
"request_id": "1234567890-abcdef"
}
JSON
);

# A name in capitals stands for any.
my %ANSWER = (
    errors => <<'JSON',
{
"error_summary": {
"ID": {
"count_last_hour": 5,
"last_seen": 1705320000
}
},
"recent_errors": [],
"total_errors_logged": 150
}
JSON
    performance => <<'JSON',
{
"performance_metrics": {
"transcribe_audio": {
"avg_ms": 850.5,
"max_ms": 3200,
"min_ms": 125,
"count": 1024
}
},
"slow_requests": [
{
"metric": "transcribe_audio",
"duration_ms": 3200,
"timestamp": "2024-01-15T10:35:00Z"
}
]
}
JSON
    security => <<'JSON',
{
"security_events": [],
"event_summary": {
"rate_limit_exceeded": 25
},
"total_events": 29
}
JSON
);

my $EXPORTS = <<'SHELL';
# Log level (DEBUG, INFO, WARNING, ERROR, CRITICAL)
export LOG_LEVEL=INFO
# Log file paths
export LOG_FILE=logs/talk2me.log
export ERROR_LOG_FILE=logs/errors.log
# Log rotation settings
export LOG_MAX_BYTES=52428800 # 50MB
export LOG_BACKUP_COUNT=10 # Keep 10 backup files
# Environment
export FLASK_ENV=production
SHELL

# ---- comparing -----------------------------------------------------------------------------------

sub parse { return JSON::PP->new->utf8->decode($_[0]) }

sub type_of {
    my ($value) = @_;
    return ref $value eq 'JSON::PP::Boolean' ? 'boolean' : lc ref $value if ref $value;
    return !defined $value ? 'null' : T2M::Log::looks_like_number($value) ? 'number' : 'string';
}

# What ours lacks of the example, each with its path.
sub differences {
    my ($example, $ours, $where) = @_;
    my ($wanted, $found) = (type_of($example), type_of($ours));
    return "$where is $found, not $wanted" if $wanted ne $found;
    return member_differences($example, $ours, $where) if $wanted eq 'hash';
    return () if $wanted ne 'array' || !@$example;
    return map { differences($example->[0], $_, "$where\[]") } @$ours;
}

sub member_differences {
    my ($example, $ours, $where) = @_;
    my @found;
    for my $name (sort keys %$example) {
        my @names = $name =~ /^[A-Z]+$/ ? sort keys %$ours : $name;
        for my $own (@names) {
            push @found, exists $ours->{$own}
                ? differences($example->{$name}, $ours->{$own}, "$where.$own")
                : "$where.$own is missing";
        }
    }
    return @found;
}

sub names_in_order {
    my ($json) = @_;
    return T2M::Log::top_level_keys($json =~ s/\n//gr);
}

# What is documented comes in the documented order.
sub compare_order {
    my ($example, $ours, $what) = @_;
    my @documented = names_in_order($example);
    my %is = map { ($_ => 1) } @documented;
    my @names = grep { $is{$_} } names_in_order($ours);
    is_deeply(\@names, \@documented, "$what: in this order");
}

# Every field of the example is there, with its type and in its place; what is added comes after,
# but for the query, which stands beside its path.
sub compare_record {
    my ($stream, $line, $what) = @_;
    $what .= ": $stream";
    ok($line, "$what: there is such a record") or return;
    is_deeply([differences(parse($RECORD{$stream}), parse($line), $stream)], [],
        "$what: fields and types");
    compare_order($RECORD{$stream}, $line, $what);
    my @documented = names_in_order($RECORD{$stream});
    my @first = (grep { $_ ne 'query' } names_in_order($line))[0 .. $#documented];
    is_deeply(\@first, \@documented, "$what: what is added comes after");
}

my $documented = parse('{"a":1,"b":[{"c":""}],"d":true,"e":2}');
my $other = parse('{"a":"1","b":[{"c":""},{}],"d":1}');
is_deeply([differences($documented, $other, 'x')], ['x.a is string, not number',
    'x.b[].c is missing', 'x.d is number, not boolean', 'x.e is missing'], 'differences are seen');

# ---- recipes -------------------------------------------------------------------------------------

my (@table, $directory); # directory: where the recipes are run

# How much a recipe printed, and the beginning of it.
sub summary {
    my ($output) = @_;
    return 'nothing, as it should' if $output eq '';
    my @lines = split /\n/, $output;
    return @lines . ' lines, first: ' . substr($lines[0], 0, 100) if $lines[0] ne '{';
    my @records = records_of($output);
    my @first = @{ $records[0] }{qw(timestamp level message)};
    return join ' ', scalar @records, 'records, first:', @first;
}

# Runs a recipe as it stands; returns what it printed. put_in: what only we know, in its place.
sub recipe {
    my ($recipe, %put_in) = @_;
    my $command = $recipe;
    $command =~ s/\Q$_\E/$put_in{$_}/g for keys %put_in;
    my ($code, $output) = run('sh', '-c', "cd '$directory' && {\n$command\n} 2>'$directory/said'");
    my $name = $recipe =~ s/\n/; /gr;
    push @table, [$name, summary($output)];
    is($code, 0, "$name: succeeds") or diag read_file("$directory/said");
    return $output;
}

# The objects in what jq printed.
sub records_of { return JSON::PP->new->utf8->incr_parse($_[0]) }

# The numbers of records, sorted.
sub seqs { return [sort { $a <=> $b } map { $_->{seq} } @_] }

# No file but those that are asked to rotate: the test may run over the end of an hour.
my $CONF = <<'CONF';
LogLevel info
T2MLogRotate access size=1G
T2MLogRotate performance size=1G
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
ScriptAlias /transcribe "@ROOT@/cgi-bin/slow.pl"
<Location "/transcribe">
T2MLogEndpoint transcribe_audio
</Location>
CONF
my @MODULES = qw(cgi remoteip);
my @DIES = (qr/AH01215/, qr/End of script output/); # on purpose

my $server = T2M::Server->new(
    name => 'recipes', modules => \@MODULES, files => { admin_files() },
    t2mlog => "T2MLog On\nT2MLogDir app/logs\nT2MLogLayout both", conf => admin_conf() . $CONF);
$server->announce(@DIES);
$directory = $server->root . '/app';
mkdir $directory;
$server->{log_dir} = "$directory/logs";

recipe("mkdir -p logs\nchmod 755 logs");
ok(-d "$directory/logs", 'mkdir: there is a directory for the logs');

# httpd and the writer live an hour ago.
sub start_an_hour_ago {
    my (undef, $library) = run(qw(faketime -f -1h printenv LD_PRELOAD));
    chomp $library;
    local $ENV{T2M_PRELOAD} = join ' ', grep { $_ } $ENV{T2M_PRELOAD}, $library;
    local $ENV{FAKETIME} = '-1h';
    local $ENV{FAKETIME_DONT_FAKE_MONOTONIC} = 1;
    $server->start;
    get($server->port, '/cgi-bin/authenticate.py');
    ok($server->wait_for_lines('errors', 1), 'a server of an hour ago logs an error');
    ok($server->stop, 'and stops');
}

start_an_hour_ago();
T2M::Admin::start($server);
my $port = $server->port;
my @FROM = ('X-Forwarded-For' => '192.168.1.100', 'User-Agent' => 'Mozilla/5.0 (X11)');
my @FRIEND = ('X-Forwarded-For' => '10.9.8.7');
get($port, '/cgi-bin/authenticate.py', @FROM);
get($port, '/cgi-bin/authenticate.py', @FRIEND);
get($port, '/cgi-bin/die.pl', @FROM);
get($port, '/cgi-bin/status.pl?429', @$_) for \@FROM, \@FROM, \@FRIEND;
get($port, '/cgi-bin/status.pl?403', 'X-Forwarded-For' => '10.9.8.6');
post($port, '/transcribe?0.1', 'x' x 100, @FROM);
post($port, '/transcribe?2.2', 'x' x 100, @FROM);
get($port, '/index.html');
settle($server);

# What the recipe prints are exactly the records that the code picks.
sub finds {
    my ($recipe, $stream, $picks) = @_;
    my @found = records_of(recipe($recipe));
    my @wanted = grep { $picks->($_) } $server->records($stream);
    ok(@wanted > 0, "$recipe: there is something to find");
    is_deeply(seqs(@found), seqs(@wanted), "$recipe: finds it and nothing else");
    return @found;
}

sub an_hour_ago { return (run(qw(date -u -d), '1 hour ago', '+%Y-%m-%dT%H'))[1] =~ s/\n//r }

# The numbers of the errors of an hour.
sub errors_of {
    my ($hour) = @_;
    return "@{ seqs(grep { index($_->{timestamp}, $hour) == 0 } $server->records('errors')) }";
}

subtest 'Finding Specific Errors' => sub {
    my @found = finds(q(grep '"error_type":"AuthenticationError"' logs/errors.log | jq .), 'errors',
        sub { ($_[0]{error_type} // '') eq 'AuthenticationError' });
    is(@found, 3, 'three of them');
    is_deeply([map { scalar @{ $_->{exception}{traceback} } } @found], [2, 2, 2],
        'each with its traceback');
    finds(q(grep '"ip":"192.168.1.100"' logs/errors.log | jq .), 'errors',
        sub { ($_[0]{ip} // '') eq '192.168.1.100' });
    # Should the hour end meanwhile, what was logged now is of the last one.
    my $before = an_hour_ago();
    my @hour = records_of(
        recipe(q[grep "$(date -u -d '1 hour ago' +%Y-%m-%dT%H)" logs/errors.log | jq .]));
    cmp_ok(scalar @hour, '>=', 1, 'the last hour: something');
    ok((grep { "@{ seqs(@hour) }" eq errors_of($_) } $before, an_hour_ago()),
        'the last hour: its records and no other') or diag explain [map { $_->{timestamp} } @hour];
};

subtest 'Performance Analysis' => sub {
    my @slow = finds(q[jq 'select(.extra_fields.duration_ms > 2000)' logs/performance.log],
        'performance', sub { $_[0]{duration_ms} > 2000 });
    is($slow[0]{metric}, 'transcribe_audio', 'the slow one');
    my @ours = map { $_->{duration_ms} }
        grep { $_->{metric} eq 'transcribe_audio' } $server->records('performance');
    my $average = recipe(q[jq 'select(.extra_fields.metric == "transcribe_audio") ]
        . q[| .extra_fields.duration_ms' logs/performance.log ]
        . q[| awk '{sum+=$1; count++} END {print sum/count}']);
    is(@ours, 2, 'two of the endpoint');
    cmp_ok(abs($average - ($ours[0] + $ours[1]) / 2), '<', 0.1, 'the average is theirs');
};

subtest 'Security Monitoring' => sub {
    my (%count, %blocked);
    for my $event ($server->records('security')) {
        $count{ $event->{event} }++;
        $blocked{qq("$event->{ip}")} = 1 if $event->{blocked};
    }
    my $printed = recipe(q[jq '.extra_fields.event' logs/security.log | sort | uniq -c]);
    my @expected = map { qq($count{$_} "$_") } sort keys %count;
    is_deeply([map { s/^\s+//r } split /\n/, $printed], \@expected, 'events by type');
    is($count{rate_limit_exceeded}, 3, 'among them what was too much');
    my @blocked = split /\n/, recipe(q[jq 'select(.extra_fields.blocked == true) ]
        . q[| .extra_fields.ip' logs/security.log | sort -u]);
    is_deeply(\@blocked, [sort keys %blocked], 'who was blocked');
    ok($blocked{qq("$_")}, "among them $_") for qw(192.168.1.100 10.9.8.7);
};

subtest 'Logs Not Being Written, Disk Space' => sub {
    my $user = getpwuid $>;
    my %line = map { /(\S+)$/ ? ($1 => $_) : () } split /\n/, recipe('ls -la logs/');
    my %size = map { reverse split(/\t/, $_) } split /\n/, recipe('du -sh logs/*');
    for my $name (qw(talk2me errors access security performance)) {
        like($line{"$name.log"} // '', qr/^-rw-r-----\S* +1 \Q$user\E /,
            "ls: $name.log is its writer's alone to write");
        like($size{"logs/$name.log"} // '', qr/^[\d.]+K$/, "du: $name.log");
    }
};

subtest 'Manually rotate logs' => sub {
    my $file = "$directory/logs/talk2me.log";
    my $lines = count_lines($file);
    my $begin = time;
    recipe('mv logs/talk2me.log logs/talk2me.log.backup');
    ok(wait_until(10, sub { -e $file }), 'there is a new log file without any new line');
    note sprintf 'the new file came after %.2f s', time - $begin;
    post($port, '/cgi-bin/stderr.pl', "line $_") for 1 .. 3;
    settle($server);
    my $old = T2M::Log->new("$file.backup");
    my ($old_count, @records) = (scalar $old->records, $old->records, $server->records('app'));
    cmp_ok($old_count, '>=', $lines, 'the old one is whole');
    is_deeply([$old->problems], [], 'and well formed');
    is(scalar(grep { $_->{message} =~ /line [123]$/ } $server->records('app')), 3,
        'the new one has what came then');
    is_deeply([map { $_->{seq} } @records], [1 .. @records],
        'between them nothing is missing, nothing twice');
};

# ---- endpoints -----------------------------------------------------------------------------------

# The answer to the documented curl, which has what is documented.
sub answer_of {
    my ($endpoint) = @_;
    my $text = recipe(
        qq(curl -H "X-Admin-Token: your-token" http://localhost:5005/admin/logs/$endpoint),
        'your-token' => $T2M::Admin::TOKEN, 'localhost:5005' => "localhost:$port");
    my $answer = eval { parse($text) };
    ok($answer, "$endpoint: JSON") or return {};
    is_deeply([differences(parse($ANSWER{$endpoint}), $answer, $endpoint)], [],
        "$endpoint: members and types");
    compare_order($ANSWER{$endpoint}, $text, $endpoint);
    return $answer;
}

subtest 'GET /admin/logs/errors' => sub {
    my $answer = answer_of('errors');
    my $summary = $answer->{error_summary};
    like($_, qr/^[0-9a-f]{12}$/, "$_ is an error id") for sort keys %$summary;
    my @errors = $server->records('errors');
    my ($id) = map { $_->{error_id} }
        grep { ($_->{error_type} // '') eq 'AuthenticationError' } @errors;
    cmp_ok($summary->{$id}{count_last_hour}, '>=', 2, 'the group counts its errors');
    cmp_ok(abs(time - $summary->{$id}{last_seen}), '<', 600, 'last_seen is a time in seconds');
    is($answer->{recent_errors}[0]{seq}, $errors[-1]{seq}, 'the newest first');
    my $sum = 0;
    $sum += $_->{count_total} for values %$summary;
    is($answer->{total_errors_logged}, $sum, 'the total is that of the groups');
};

subtest 'GET /admin/logs/performance' => sub {
    my $answer = answer_of('performance');
    my $metric = $answer->{performance_metrics}{transcribe_audio};
    is($metric->{count}, 2, 'the endpoint was asked twice');
    cmp_ok($metric->{min_ms}, '<=', $metric->{avg_ms}, 'least and average');
    cmp_ok($metric->{max_ms}, '>=', 2000, 'the longest');
    my ($slow) = grep { $_->{metric} eq 'transcribe_audio' } @{ $answer->{slow_requests} };
    is($slow->{duration_ms}, $metric->{max_ms}, 'and that is a slow request');
};

subtest 'GET /admin/logs/security' => sub {
    my $answer = answer_of('security');
    is($answer->{event_summary}{rate_limit_exceeded}, 3, 'the summary');
    my $sum = 0;
    $sum += $_ for values %{ $answer->{event_summary} };
    is($answer->{total_events}, $sum, 'the total');
    my ($access) = grep { $_->{event} eq 'admin_log_access' } @{ $answer->{security_events} };
    is($access->{resource}, 'security', 'all log access is itself logged');
};

# ---- records -------------------------------------------------------------------------------------

my %NEAREST = (
    app => sub { 1 },
    errors => sub { ($_[0]{error_type} // '') eq 'AuthenticationError' },
    access => sub { $_[0]{path} eq '/transcribe' },
    security => sub { $_[0]{event} eq 'rate_limit_exceeded' },
    performance => sub { $_[0]{metric} eq 'transcribe_audio' },
);
my %FILE = ((map { ($_ => "$_.log") } keys %NEAREST), app => 'talk2me.log');

# The line of a stream's file that is nearest to the documented one.
sub nearest {
    my ($logs, $stream) = @_;
    my @lines = split /\n/, read_file("$logs/$FILE{$stream}");
    return (grep { $NEAREST{$stream}->(parse($_)) } @lines)[0];
}

compare_record($_, nearest("$directory/logs", $_), 'T2MLogLayout both') for sort keys %FILE;

# ---- environment variables -----------------------------------------------------------------------

# The variables that a block of exports leaves.
sub exported {
    my ($block) = @_;
    my (undef, $output) = run('env', '-i', 'sh', '-c', "$block\nenv");
    return map { /^(\w*LOG\w*|FLASK_ENV)=(.*)/ ? ($1 => $2) : () } split /\n/, $output;
}

sub start_with {
    my ($place, %variables) = @_;
    local @ENV{ keys %variables } = values %variables;
    return T2M::Admin::start($place);
}

# With every line of an error, so that files grow.
sub place {
    my ($name, %files) = @_;
    my $place = T2M::Server->new(
        name => $name, modules => \@MODULES, files => { admin_files(), %files },
        conf => admin_conf() . "T2MLogRepeat off\n" . $CONF =~ s/LogLevel info/LogLevel debug/r);
    return $place->announce(@DIES);
}

subtest 'Environment Variables' => sub {
    my %variables = exported($EXPORTS);
    is(keys %variables, 6, 'six of them');
    my $place = start_with(place('as documented'), %variables);
    get($place->port, '/cgi-bin/authenticate.py', @FROM);
    get($place->port, '/cgi-bin/status.pl?429', @FROM);
    post($place->port, '/transcribe?0.1', 'x', @FROM);
    settle($place);
    my $logs = $place->root . '/logs';
    my @app = $place->records('app', '../talk2me.log');
    ok(scalar @app, 'LOG_FILE: there is the file');
    ok(-s "$logs/errors.log", 'ERROR_LOG_FILE: there is the file');
    ok(!-e "$logs/t2mlog/$_", "$_ is not where it is without them") for qw(talk2me.log errors.log);
    is_deeply([grep { $_->{level} eq 'DEBUG' } @app], [], 'LOG_LEVEL: nothing below INFO');
    ok(scalar(grep { $_->{level} eq 'INFO' } @app), 'LOG_LEVEL: INFO is there');
    is($app[0]{environment}, 'production', 'FLASK_ENV');
    compare_record($_, nearest($logs, $_), 'flat') for qw(app errors);
    compare_record($_, nearest("$logs/t2mlog", $_), 'flat') for qw(access security performance);
    ok($place->stop, 'it stops');
};

subtest 'Environment Variables with other values' => sub {
    my $place = start_with(place('with other values', 'elsewhere/.keep' => ''),
        LOG_LEVEL => 'ERROR', LOG_FILE => 'elsewhere/app.log',
        ERROR_LOG_FILE => 'elsewhere/err.log', LOG_MAX_BYTES => 65536, LOG_BACKUP_COUNT => 1,
        FLASK_ENV => 'staging');
    my $elsewhere = $place->root . '/elsewhere';
    my $text = join "\n", map { sprintf '%05d %s', $_, 'x' x 400 } 1 .. 150;
    # Until a backup has gone: then there were two.
    my $gone = wait_until(60, sub {
        post($place->port, '/cgi-bin/stderr.pl', $text);
        settle($place);
        # It goes within a second or two, which is time enough here for more of them.
        return 0 if !wait_until(5, sub { !-e "$elsewhere/app.log.2" });
        my ($first) = T2M::Log->new("$elsewhere/app.log.1")->records;
        return $first && $first->{seq} > 1;
    });
    ok($gone, 'LOG_MAX_BYTES, LOG_BACKUP_COUNT: it rotates and one backup stays');
    cmp_ok(-s "$elsewhere/app.log.1", '>', 60000, 'LOG_MAX_BYTES: not before');
    cmp_ok(-s "$elsewhere/app.log.1", '<', 65536 + 8192, 'LOG_MAX_BYTES: and then at once');
    my @app = T2M::Log->new("$elsewhere/app.log.1")->records;
    is_deeply([grep { $_->{level} !~ /^(?:ERROR|CRITICAL)$/ } @app], [], 'LOG_LEVEL');
    is($app[0]{environment}, 'staging', 'FLASK_ENV');
    ok(-e "$elsewhere/err.log", 'ERROR_LOG_FILE'); # perhaps empty: it rotates, too
};

note "$_->[0]\n    -> $_->[1]" for @table;

finish();
