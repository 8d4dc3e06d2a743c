#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Programs that die as CGI scripts: the lines of each trace are one errors record, with the type, the
# message, the frames and the causes that t/traces says, also when requests interleave, when lines
# come slowly and when a trace breaks off.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use POSIX ();
use Test::More;

use T2M::Client qw(get);
use T2M::Httpd qw(tool);
use T2M::Root qw(read_file);
use T2M::Server;

# How a program of a language is run.
my %RUN = (
    python => 'python3', perl => 'perl', ruby => 'ruby', node => 'node',
    php => 'php -d display_errors=0 -d log_errors=1 -d error_log= -d html_errors=0',
);
# Not here: a trace that the program logs and does not die of; and a message of Perl's of several
# lines, of which only the last one says that it is one: the others are lines of their own.
my %NOT_ALONE = map { ($_ => 1) } qw(ruby/10-logger perl/05-message-lines);

# Ruby prints a line in pieces. What mod_cgi has of a line when it looks it logs as one, and of two
# pieces nobody can tell any more that they were one line: so all is printed at once.
my $AT_ONCE = <<'SH';
#!/bin/sh
cd '@ROOT@/programs' || exit 1
trace=$(%s 2>&1 >/dev/null)
printf '%%s\n' "$trace" >&2
SH

my (%files, %expected);
for my $path (sort glob("$FindBin::Bin/traces/*/*.json")) {
    my ($language, $name) = $path =~ m{/([^/]+)/([^/]+)\.json$};
    my $run = $RUN{$language} or next;
    my ($program) = grep { !/\.(?:json|txt)$/ } glob($path =~ s/json$/*/r);
    next if !tool((split ' ', $run)[0]) || $NOT_ALONE{"$language/$name"};
    my $base = (split m{/}, $program)[-1];
    $files{"programs/$base"} = read_file($program);
    $files{"cgi-bin/$language-$name"} =
        [0755, sprintf($AT_ONCE, "$run '\@ROOT\@/programs/$base'")];
    $expected{"$language-$name"} = decode_json(read_file($path));
}

$files{'cgi-bin/slow'} = [0755, <<'SH'];
#!/bin/sh
echo 'Traceback (most recent call last):' >&2; sleep 0.1
echo '  File "/srv/app/a.py", line 3, in run' >&2; sleep 0.1
echo "    go('$QUERY_STRING')" >&2; sleep 0.1
echo "ValueError: $QUERY_STRING" >&2
printf 'Status: 500\nContent-Type: text/plain\n\nno\n'
SH
$files{'cgi-bin/broken'} = [0755, <<'SH'];
#!/bin/sh
echo 'Traceback (most recent call last):' >&2
echo '  File "/srv/app/a.py", line 3, in run' >&2
if [ "$QUERY_STRING" = late ]; then sleep 1.6; echo 'ValueError: late' >&2; fi
printf 'Status: 500\nContent-Type: text/plain\n\nno\n'
SH
$files{'cgi-bin/ordinary'} = [0755, <<'SH'];
#!/bin/sh
echo 'it failed at shop.pl line 12.' >&2
echo 'another word' >&2
echo 'Traceback (most recent call last): no' >&2
printf 'Status: 500\nContent-Type: text/plain\n\nno\n'
SH
$files{'cgi-bin/secret'} = [0755, <<'SH'];
#!/bin/sh
cat >&2 <<'END'
Traceback (most recent call last):
  File "/srv/app/a.py?token=0123456789abcdef", line 3, in run
    connect("password=hunter2-hunter2")
KeyError: 'password=hunter2-hunter2'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/app/a.py", line 5, in run
    raise ValueError("password=hunter2-hunter2")
ValueError: password=hunter2-hunter2
END
printf 'Status: 500\nContent-Type: text/plain\n\nno\n'
SH

my $server = T2M::Server->new(modules => ['cgi'], files => \%files, conf => <<'CONF');
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
T2MLogRepeat off
T2MLogMaxRecord 64K
CONF
$server->announce(qr/AH01215|AH02811|End of script output|malformed header/);
$server->start;

# The errors records of one request, but for what httpd itself says of a script.
sub errors {
    my ($path) = @_;
    my $answer = get($server->port, $path);
    my ($id) = T2M::Client::header($answer, 'X-Request-ID');
    $server->wait_for_lines(access => sub { grep { ($_->{request_id} // '') eq $id } @_ });
    return grep { ($_->{code} // '') ne 'AH02811' && $_->{message} !~ /^End of script output|^malformed header/ }
        @{ $server->by_id($id)->{errors} // [] };
}

sub frame_of {
    my ($frame) = @_;
    my $file = (split m{/}, $frame->{file} // '')[-1] // '';
    return join ' ', length($frame->{function} // '') ? $frame->{function} : '-', $file, $frame->{line} // '-',
        $frame->{cause} ? "cause $frame->{cause}" : ();
}

# Those of the program itself, whatever order its language has.
sub own_frames {
    my ($exception) = @_;
    return [sort map { frame_of($_) } grep { $_->{in_app} } @{ $exception->{frames} // [] }];
}

for my $name (sort keys %expected) {
    subtest $name => sub {
        my $want = $expected{$name};
        my ($record) = grep { ($_->{exception}{frames} || $_->{exception}{message} eq $want->{message}) }
            my @all = errors("/cgi-bin/$name");
        ok($record, 'a record with a trace') or return diag(explain(\@all));
        my $exception = $record->{exception};
        is($exception->{type}, $want->{type}, 'type') if $want->{type};
        my $start = substr $want->{message} =~ s{/srv/app.*}{}sr, 0, 12;
        is(substr($exception->{message}, 0, length $start), $start, 'message');
        is($record->{error_type}, $exception->{type}, 'error_type');
        is_deeply(own_frames($exception), own_frames($want), 'frames of the program')
            if @{ $exception->{frames} // [] } < 90;
        is(scalar @{ $exception->{causes} // [] }, scalar @{ $want->{causes} // [] }, 'causes');
        return if !$want->{type};
        cmp_ok(scalar(grep { ($_->{exception}{type} // '') eq $exception->{type} } @all), '==', 1,
            'once') or diag(explain([map { $_->{message} } @all]));
    };
}

subtest 'requests that interleave' => sub {
    my @pids;
    for my $number (1 .. 6) {
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            get($server->port, "/cgi-bin/slow?word$number");
            POSIX::_exit(0);
        }
        push @pids, $pid;
    }
    waitpid($_, 0) for @pids;
    $server->wait_for_lines(errors => sub { 6 <= grep { $_->{message} =~ /word\d$/ } @_ });
    my @found = grep { $_->{exception}{message} =~ /^word\d$/ } $server->records('errors');
    is(@found, 6, 'each has its trace');
    my @wrong = grep { $_->{exception}{traceback}[0] !~ /go\('\Q$_->{exception}{message}\E'\)/ } @found;
    is_deeply(\@wrong, [], 'with its own lines');
};

subtest 'traces that break off' => sub {
    my ($record, @more) = errors('/cgi-bin/broken?end');
    is($record->{exception}{type}, 'Traceback', 'at the end of the request');
    is(@more, 0, 'one record');
    my @late = errors('/cgi-bin/broken?late');
    is(@late, 2, 'after a pause of more than a second');
    is($late[0]{exception}{type}, 'Traceback', 'the trace that did not end');
    is($late[1]{message}, 'stderr from ' . $server->root . '/cgi-bin/broken: ValueError: late',
        'and the line that came too late');
};

subtest 'lines that are no traces' => sub {
    my @lines = map { $_->{message} =~ s/^stderr from \S+: //r } errors('/cgi-bin/ordinary');
    is_deeply(\@lines, ['it failed at shop.pl line 12.', 'another word',
        'Traceback (most recent call last): no'], 'each is a record, in their order');
};

subtest 'secrets' => sub {
    my ($record) = errors('/cgi-bin/secret');
    is($record->{exception}{type}, 'ValueError', 'type');
    is(scalar @{ $record->{exception}{causes} }, 1, 'a cause');
    unlike(JSON::PP->new->encode($record), qr/hunter2|0123456789abcdef/, 'none is told');
};

T2M::Server::finish();
