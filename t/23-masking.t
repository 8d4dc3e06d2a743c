#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Secrets on every way into the logs: none of them may stand in any file, while what is no secret
# stays readable.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(encode_base64);
use Test::More;

use T2M::Client qw(get post header);
use T2M::Root qw(read_file);
use T2M::Server;

my $number = 0;

# A secret that stands nowhere else, and is remembered.
my %planted;

sub secret {
    my ($where) = @_;
    my $word = sprintf 'Canary%02dQz%dXw', ++$number, 7919 * $number;
    $planted{$word} = $where;
    return $word;
}

sub encoded { return join '', map { sprintf '%%%02X', ord } split(//, $_[0]) }

my $server = T2M::Server->new(
    modules => [qw(cgi rewrite authn_core)],
    conf => <<'CONF');
LogLevel info rewrite:trace3
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
RewriteEngine on
RewriteRule ^/old /cgi-bin/env.pl?page=1 [PT,QSA]
T2MLogLevel app DEBUG
T2MLogMask key house_number
T2MLogMask header X-House
CONF
$server->announce(qr/AH01215|End of script/);
$server->start;
my $port = $server->port;

sub visit {
    my ($path, @headers) = @_;
    my $answer = get($port, $path, @headers);
    ok(defined $answer->{status}, "answered: $path");
    return header($answer, 'X-Request-ID');
}

# Keys of the query, written in many ways.
for my $key (qw(password passwd pwd passphrase secret token access_token refreshToken api_key
    apikey client_secret authorization credentials session sid otp signature cvv ssn
    connection_string SAMLResponse user[password] X-Amz-Signature pass%77ord PassWord pass%2577ord
    house_number)) {
    visit("/index.html?page=1&$key=" . secret("query $key") . '&lang=en');
}
visit('/index.html?q=login%20failed%20password%3D' . secret('text in a query'));
visit('/index.html?q=' . encoded(encoded('token=' . secret('query encoded twice'))));
visit('/index.html?token=' . encoded(secret('encoded value')));
visit('/index.html;jsessionid=' . secret('path parameter'));
visit('/reset/' . secret('path after reset'));
visit('/x/password=' . secret('key in the path') . '/y');
visit('/old?password=' . secret('rewritten query'));

# Headers.
my $referer = 'https://user:' . secret('userinfo') . '@ref.example/p?api_key=' . secret('referer');
visit('/index.html', Referer => $referer);
visit('/index.html', Cookie => 'theme=' . secret('cookie') . '; sid=' . secret('cookie sid'));
visit('/index.html', Authorization => 'Bearer ' . secret('bearer'));
visit('/index.html', Authorization => 'Basic '
    . encode_base64('ada:' . (my $basic = secret('basic')), ''));
visit('/index.html', 'X-Api-Key' => secret('x-api-key'), 'X-Admin-Token' => secret('admin token'));
visit('/index.html', 'User-Agent' => 'Robot/1.0 Bearer ' . secret('user agent'));
visit('/index.html', 'X-House' => secret('own header'));
visit('/index.html', 'Proxy-Authorization' => 'Digest response=' . secret('digest'));

# Forms that are known by themselves.
my $jwt = join '.', 'eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiI' . secret('jwt') . 'In0', 'c2ln' . secret('jwt end');
my $aws = 'AKIA' . 'QWERTYUIOPASDFGH';
my $forge = 'ghp_' . 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3gH6';
my $card = '4111 1111 1111 1111';
$planted{$_} = "form $_" for $aws, $forge, $card, $card =~ tr/ //dr;
visit("/index.html?x=$jwt");
visit("/index.html?x=$aws&y=$forge");
visit('/index.html?x=' . $card =~ s/ /%20/gr);
visit("/$jwt/file");

# Free text of error lines.
my @errors = map { post($port, '/cgi-bin/stderr.pl', $_) } (
    'login failed for ada, password=' . secret('error k=v'),
    '{"user":"ada","api_key":"' . secret('error json') . '"}',
    'Authorization: Bearer ' . secret('error header'),
    'connect to postgres://app:' . secret('error dsn') . '@db.example/shop failed',
    "token $jwt is not valid", "key $aws refused", "card $card declined",
    "-----BEGIN PRIVATE KEY----- " . secret('pem') . " -----END PRIVATE KEY-----",
    'cannot send mail to grace.' . lc(secret('mail')) . '@example.org',
    "stopped at a caf\xc3\xa9, secret: " . secret('after UTF-8'),
    'a' x 9000 . ' password=' . secret('at the end of a long line'),
);
my $innocent = visit('/compass/monkey?author=x&passenger=2&tokenizer=bpe&keyboard=de&page=7');
my $plain = post($port, '/cgi-bin/stderr.pl', 'the compass of passenger 12 of monkey island broke');
ok($server->stop, 'the server stops');

# Every file that is ours, as raw bytes and with its JSON escapes undone.
my %text = map { ($_ => read_file($_)) } glob($server->log_dir . '/*');
cmp_ok(scalar(keys %text), '>=', 4, 'four files at least');
for my $secret (sort keys %planted) {
    my @places = grep { $text{$_} =~ /\Q$secret\E/i } sort keys %text;
    is_deeply(\@places, [], "nowhere: $planted{$secret}");
}
my $basic_text = encode_base64("ada:$basic", '') =~ s/=+$//r;
ok(!(grep { /\Q$basic_text\E/ } values %text), 'nowhere: base64 of Basic');

my $all = join '', values %text;
like($all, qr/\[REDACTED\]/, 'what was hidden is said');
like($all, qr/\[REDACTED:jwt\]/, 'and by which form');
like($all, qr/\[REDACTED:card-1111\]/, 'a card keeps its last four digits');

my ($access) = $server->log('access')->by_id($innocent);
is($access->{path}, '/compass/monkey', 'a path without a secret is whole');
is($access->{query}, 'author=x&passenger=2&tokenizer=bpe&keyboard=de&page=7',
    'a query without a secret is whole');
my ($line) = grep { $_->{message} =~ /compass/ } $server->log('errors')->by_id(header($plain, 'X-Request-ID'));
like($line->{message}, qr/the compass of passenger 12 of monkey island broke/,
    'a message without a secret is whole');
my ($first) = grep { ($_->{query} // '') =~ /^page=1&password=/ } $server->records('access');
is($first->{query}, 'page=1&password=[REDACTED]&lang=en', 'only the value goes');

# Addresses of clients.
my %shown = (truncate => '127.0.0.0', none => undef, hmac => qr/^[0-9a-f]{16}$/);
for my $mode (sort keys %shown) {
    my $other = T2M::Server->new(name => $mode, modules => ['cgi'],
        conf => qq{T2MLogClientIP $mode\nScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"\n});
    $other->announce(qr/AH01215/);
    $other->start;
    post($other->port, '/cgi-bin/stderr.pl', 'a complaint');
    ok($other->stop, "$mode: the server stops");
    for my $stream (qw(access errors)) {
        my ($record) = $other->records($stream);
        my $wanted = $shown{$mode};
        if (!defined $wanted) { ok($record && !exists $record->{ip}, "$mode: no ip on $stream") }
        elsif (ref $wanted) { like($record->{ip}, $wanted, "$mode: ip on $stream") }
        else { is($record->{ip}, $wanted, "$mode: ip on $stream") }
    }
    unlike(join('', map { read_file($_) } glob($other->log_dir . '/*')), qr/127\.0\.0\.1/,
        "$mode: the address stands nowhere");
}

my $open = T2M::Server->new(name => 'off', conf => "T2MLogMask off\n");
$open->start;
get($open->port, '/index.html?password=shown');
ok($open->stop, 'off: the server stops');
is(($open->records('access'))[0]{query}, 'password=shown', 'off masks nothing');

finish();
