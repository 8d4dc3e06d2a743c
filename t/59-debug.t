#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# T2MLogDebugHeader: a request with a signed X-T2M-Debug is logged at trace level, and no other.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(hmac_sha256_hex);
use Test::More;
use Time::HiRes qw(sleep);

use T2M::Admin qw(admin_conf admin_files ask body events settle);
use T2M::Client qw(get header);
use T2M::Httpd qw(built run);
use T2M::Root qw(read_file write_file);
use T2M::Server;

my $KEY = '00112233445566778899aabbccddeeff' x 2;

# A value by this test's own hand, not the module's.
sub value {
    my ($label, $expiry, $key) = @_;
    my $signed = join '.', 1, $expiry // time + 600, $label;
    return join '.', $signed, hmac_sha256_hex($signed, $key // $KEY);
}

my $SHOW = <<'PERL';
#!/usr/bin/env perl
print STDERR "the script fails\n" if $ENV{QUERY_STRING} eq 'fail';
print "Content-Type: text/plain\n\n", map { "$_=$ENV{$_}\n" } sort keys %ENV;
PERL

my $server = T2M::Server->new(
    modules => [qw(cgi include rewrite proxy proxy_http)],
    files => { admin_files(), 'debug.key' => [0400, "$KEY\n"],
        'cgi-bin/show.pl' => [0755, $SHOW],
        'htdocs/page.txt' => "page\n", 'htdocs/quiet/page.txt' => "quiet\n",
        'htdocs/outer.shtml' => qq{<!--#include virtual="/quiet/page.txt" -->\n},
        'htdocs/rewritten/.htaccess' => "RewriteEngine on\nRewriteRule ^x /quiet/page.txt\n" },
    conf => admin_conf() . <<'CONF');
Listen 127.0.0.1:@PORT:back@
T2MLogDebugHeader debug.key
T2MLogLevel app ERROR
T2MLogRepeat off
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
<Directory "@ROOT@/htdocs">
Options +Includes
</Directory>
<Directory "@ROOT@/htdocs/rewritten">
AllowOverride All
</Directory>
<Location "/quiet">
LogLevel crit
</Location>
<Location "/missing">
ErrorDocument 404 /quiet/page.txt
</Location>
ProxyPass /back/ http://127.0.0.1:@PORT:back@/
<VirtualHost 127.0.0.1:@PORT:back@>
T2MLog Off
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
</VirtualHost>
CONF
$server->announce(qr/AH01215/);
T2M::Admin::start($server);
my $port = $server->port;

# An answer and the app records of its request, once all of them are there.
sub ask_for {
    my ($path, @headers) = @_;
    my $answer = get($port, $path, @headers);
    settle($server);
    my $id = header($answer, 'X-Request-ID');
    return ($answer, $server->log('app')->by_id($id));
}

sub new_events {
    my ($code) = @_;
    my $before = () = $server->records('security');
    $code->();
    settle($server);
    my @all = $server->records('security');
    return grep { $_->{event} =~ /^debug_/ } @all[$before .. $#all];
}

subtest 'a request that carries it' => sub {
    my (undef, @none) = ask_for('/page.txt');
    is(scalar @none, 0, 'without it nothing is logged');
    my ($answer, @lines) = ask_for('/page.txt', 'X-T2M-Debug' => value('ali'));
    is($answer->{status}, 200, 'with it the answer is the same');
    cmp_ok(scalar @lines, '>', 3, 'but there are lines');
    is_deeply([grep { $_->{level} ne 'DEBUG' } @lines], [], 'of level DEBUG, below T2MLogLevel');
    like(read_file($server->root . '/logs/error.log'), qr/:trace[1-8]\]/, 'down to trace');
    my (undef, @after) = ask_for('/page.txt');
    is(scalar @after, 0, 'and the next request has none again');
};

subtest 'on one connection' => sub {
    my $client = T2M::Client->new($port);
    my $text = "GET /page.txt HTTP/1.1\r\nHost: test.example\r\n";
    my @ids;
    for my $header ('', 'X-T2M-Debug: ' . value('once') . "\r\n", '') {
        my $answer = $client->put("$text$header\r\n")->read_answer;
        push @ids, header($answer, 'X-Request-ID');
    }
    settle($server);
    my @counts = map { scalar(my @lines = $server->log('app')->by_id($_)) } @ids;
    is($counts[0] + $counts[2], 0, 'those before and behind it are not traced');
    cmp_ok($counts[1], '>', 0, 'it is');
};

subtest 'alone' => sub {
    my (@pids, %ids);
    for my $number (1 .. 4) {
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            my @headers = $number == 2 ? ('X-T2M-Debug' => value('parallel')) : ();
            my @found = map { header(get($port, '/page.txt', @headers), 'X-Request-ID') } 1 .. 25;
            write_file($server->root . "/ids$number", join("\n", @found));
            POSIX::_exit(0);
        }
        push @pids, $pid;
    }
    waitpid($_, 0) for @pids;
    settle($server);
    my %traced = map { (($_->{request_id} // '') => 1) } $server->records('app');
    for my $number (1 .. 4) {
        my @found = split /\n/, read_file($server->root . "/ids$number");
        my $count = grep { $traced{$_} } @found;
        is($count, $number == 2 ? 25 : 0, "of 25 requests of client $number");
    }
};

subtest 'wherever it goes' => sub {
    my %want = ('/quiet/page.txt' => 'a directory with a LogLevel of its own',
        '/rewritten/x' => 'an internal redirect', '/missing/x' => 'an error document');
    for my $path (sort keys %want) {
        my (undef, @lines) = ask_for($path, 'X-T2M-Debug' => value('far'));
        # Behind the redirect and behind the directory's LogLevel, the handler's phase is traced.
        ok((grep { $_->{message} =~ /^authorization result/ } @lines), $want{$path})
            or diag(map { "$_->{message}\n" } @lines);
    }
    my (undef, @lines) = ask_for('/outer.shtml', 'X-T2M-Debug' => value('far'));
    my $results = grep { $_->{message} =~ /^authorization result of Require all granted/
        || $_->{message} =~ /^authorization result: granted/ } @lines;
    my (undef, @plain) = ask_for('/page.txt', 'X-T2M-Debug' => value('far'));
    my $plain = grep { $_->{message} =~ /^authorization result/ } @plain;
    cmp_ok($results, '>', $plain, 'a subrequest');
};

subtest 'an error of it' => sub {
    my ($answer) = ask_for('/cgi-bin/show.pl?fail', 'X-T2M-Debug' => value('err'));
    my ($error) = $server->log('errors')->by_id(header($answer, 'X-Request-ID'));
    my @crumbs = @{ $error->{breadcrumbs} // [] };
    cmp_ok(scalar @crumbs, '>=', 5, 'says what was traced before it');
    ok((grep { $_->{module} eq 'core' || $_->{module} eq 'authz_core' } @crumbs), 'by whom');
};

subtest 'nobody else sees it' => sub {
    my $good = value('seen');
    my $bad = value('seen', time - 5);
    for my $path ('/cgi-bin/show.pl', '/back/cgi-bin/show.pl') {
        for my $value ($good, $bad) {
            my $answer = get($port, $path, 'X-T2M-Debug' => $value);
            is($answer->{status}, 200, "$path answers");
            unlike($answer->{body}, qr/DEBUG/, 'and was not told');
        }
    }
    settle($server);
    my ($mac) = $good =~ /(\w+)\z/;
    my ($expired) = $bad =~ /(\w+)\z/;
    for my $file (glob($server->log_dir . '/*.log'), $server->root . '/logs/error.log') {
        my $text = read_file($file);
        ok(index($text, $mac) < 0 && index($text, $expired) < 0, "no value in $file");
    }
};

subtest 'events' => sub {
    my ($event) = new_events(sub { get($port, '/page.txt', 'X-T2M-Debug' => value('who-1')) });
    is($event->{event}, 'debug_request', 'an accepted one');
    is($event->{level}, 'INFO', 'is information');
    is($event->{detail}, 'label who-1', 'and says whose it was');
    ok($event->{request_id} && $event->{path} eq '/page.txt', 'and of which request');
};

subtest 'values that are none' => sub {
    my $tampered = value('ali');
    $tampered =~ s/\.ali\./.eve./;
    my @cases = (
        [value('ali', time - 1), qr/^the value has expired; label ali$/],
        [$tampered, qr/^the value was not made with this server's key$/],
        [value('ali', time + 100, 'k' x 64), qr/^the value was not made with this server's key$/],
        [value('ali', time + 90_000), qr/^the value expires in more than 24 hours; label ali$/],
        ['on', qr/^the value is malformed$/],
    );
    for my $case (@cases) {
        my @lines;
        my ($event) = new_events(sub { (undef, @lines) = ask_for('/page.txt', 'X-T2M-Debug' => $case->[0]) });
        is(scalar @lines, 0, 'not traced');
        is($event->{event}, 'debug_denied', 'but an event');
        is($event->{level}, 'WARNING', 'that warns');
        like($event->{detail}, $case->[1], 'and says why');
    }
    my @events = new_events(sub { get($port, '/page.txt', 'X-T2M-Debug' => 'on') for 1 .. 40 });
    cmp_ok(scalar @events, '<', 35, 'many of them have fewer lines');
    cmp_ok($events[-1]{attempts}, '>', scalar @cases, 'and are counted') if @events;
    my (undef, @lines) = ask_for('/page.txt', 'X-T2M-Debug' => value('ali'));
    cmp_ok(scalar @lines, '>', 0, 'a right one counts all the same');
};

subtest 'the program' => sub {
    my $file = $server->root . '/made.key';
    my ($code, $value) = run('sh', '-c', 'exec "$0" "$@" 2>/dev/null', built('t2mlog'),
        'debug-token', '--create', '--key', $file, '--for', '2m', '--label', 'made');
    is($code, 0, 'makes a key and a value');
    chomp $value;
    my ($expiry) = $value =~ /\A1\.(\d+)\.made\.[0-9a-f]{64}\z/;
    ok($expiry && abs($expiry - time - 120) < 30, 'good for as long as was asked');
    my $key = read_file($file);
    is($key =~ s/\n\z//r, $key =~ s/\s//gr, 'of digits and an LF');
    is($value, value('made', $expiry, $key =~ s/\n//r), 'as anybody with the key makes it');
    is(sprintf('%o', (stat $file)[2] & 07777), '400', 'which is its owner\'s alone');
    rename $file, $server->root . '/debug.key' or die "rename: $!";
    my (undef, @before) = ask_for('/page.txt', 'X-T2M-Debug' => $value);
    is(scalar @before, 0, 'the server does not know the new key');
    ok($server->graceful, 'until a restart');
    my (undef, @after) = ask_for('/page.txt', 'X-T2M-Debug' => $value);
    cmp_ok(scalar @after, '>', 0, 'then it does');
    my (undef, @old) = ask_for('/page.txt', 'X-T2M-Debug' => value('ali'));
    is(scalar @old, 0, 'and no longer the old one');
};

subtest 'a key that cannot be used' => sub {
    my $file = $server->root . '/bad.key';
    my $conf = $server->expand("T2MLogDebugHeader bad.key\n");
    my ($code, $said) = $server->configtest($conf);
    ok($code != 0 && $said =~ /T2MLogDebugHeader \S+bad\.key does not exist; make it with t2mlog debug-token --create/,
        'missing') or diag($said);
    for my $case ([0640, "$KEY\n", qr/others than its owner/], [0600, "short\n", qr/32 to 512 bytes/]) {
        unlink $file;
        write_file($file, $case->[1], $case->[0]);
        chmod $case->[0], $file;
        ($code, $said) = $server->configtest($conf);
        ok($code != 0 && $said =~ $case->[2], "mode @{[ sprintf '%o', $case->[0] ]}") or diag($said);
    }
    write_file($file, "$KEY\n", 0600);
    ($code, $said) = $server->configtest($conf);
    is($code, 0, 'one that can') or diag($said);
    ($code, $said) = $server->configtest("<VirtualHost *:1>\nT2MLogDebugHeader bad.key\n</VirtualHost>\n");
    ok($code != 0 && $said =~ /T2MLogDebugHeader/, 'never in a virtual host');
    ($code) = $server->configtest("T2MLogDebugHeader Off\n");
    is($code, 0, 'off');
};

my $off = T2M::Server->new(name => 'off', modules => [qw(cgi)],
    files => { 'cgi-bin/show.pl' => [0755, $SHOW] },
    conf => qq(ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"\n));
$off->start;

subtest 'switched off' => sub {
    my $answer = get($off->port, '/cgi-bin/show.pl', 'X-T2M-Debug' => value('ali'));
    like($answer->{body}, qr/HTTP_X_T2M_DEBUG=1\./, 'it is a header like any other');
    my @lines = grep { $_->{request_id} } $off->records('app');
    is(scalar @lines, 0, 'and nothing is traced');
};

finish();
