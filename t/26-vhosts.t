#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Settings of virtual hosts and directories, and where the files lie.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;

use T2M::Client qw(get post header);
use T2M::Root qw(read_file);
use T2M::Server;

sub ask {
    my ($server, $host, $path) = @_;
    return scalar header(get($server->port, $path, Host => $host), 'X-Request-ID');
}

sub complain {
    my ($server, $host, $text) = @_;
    return post($server->port, '/cgi-bin/stderr.pl', $text, Host => $host);
}

my $server = T2M::Server->new(name => 'hosts', modules => ['cgi'], t2mlog => '', conf => <<'CONF');
LogLevel info
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
T2MLog On
T2MLogDir "@ROOT@/elsewhere"
T2MLogApp main
<VirtualHost 127.0.0.1:@PORT@>
ServerName first.example
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
ServerName shop.example
T2MLogApp shop
T2MLogEnvironment staging
T2MLogFile access shop-access.log
T2MLogFile errors shop-errors.log
T2MLogFile performance off
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
ServerName quiet.example
T2MLogLevel errors CRITICAL
T2MLogLevel access WARNING
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
ServerName off.example
T2MLog Off
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
ServerName loud.example
<Location "/silent">
T2MLog Off
</Location>
<Location "/silent/but">
T2MLog On
</Location>
<Location "/index.html">
T2MLogSlow 1ms
</Location>
</VirtualHost>
CONF
$server->{log_dir} = $server->root . '/elsewhere';
$server->announce(qr/AH01215|AH00132|AH00037|AH00035/);
T2M::Root::write_file($server->root . '/htdocs/silent/but/page.html', "but\n");
$server->start;
my %id = map { ($_ => ask($server, "$_.example", '/index.html')) } qw(first shop quiet loud);
my $off = get($server->port, '/index.html', Host => 'off.example');
is($off->{status}, 200, 'a host without logs serves');
my $silent = ask($server, 'loud.example', '/silent/nothing.html');
my $but = ask($server, 'loud.example', '/silent/but/page.html');
my %said = map { ($_ => scalar header(complain($server, "$_.example", "trouble at $_"),
    'X-Request-ID')) }
    qw(first shop quiet loud off);
ok($server->stop, 'the server stops');

my %file = map { ($_ => [$server->records($_)]) }
    qw(app errors access performance shop-access.log shop-errors.log);

subtest files => sub {
    is_deeply([grep { $_->{request_id} eq $id{shop} } @{ $file{access} }], [],
        'a host with a file of its own is not in the common one');
    is((grep { $_->{request_id} eq $id{shop} } @{ $file{'shop-access.log'} }), 1, 'but in its own');
    is_deeply([grep { $_->{host} ne 'shop.example' } @{ $file{'shop-access.log'} }], [],
        'alone');
    is_deeply([grep { $_->{request_id} eq $id{shop} } @{ $file{performance} }], [],
        'performance off for that host');
    ok((grep { $_->{request_id} eq $id{first} } @{ $file{performance} }), 'and for no other');
    is((grep { ($_->{request_id} // '') eq $said{shop} } @{ $file{'shop-errors.log'} }), 1,
        'its errors too');
    ok(!-e $server->root . '/logs/t2mlog', 'T2MLogDir took the place of the default');
};

subtest names => sub {
    my ($shop) = @{ $file{'shop-errors.log'} };
    is($shop->{app}, 'shop', 'app');
    is($shop->{environment}, 'staging', 'environment');
    my ($first) = grep { ($_->{request_id} // '') eq $said{first} } @{ $file{errors} };
    is($first->{app}, 'main', 'app comes from the main server');
    is($first->{environment}, 'production', 'the default environment');
    my ($access) = grep { $_->{request_id} eq $id{first} } @{ $file{access} };
    is($access->{vhost}, 'first.example', 'vhost');
};

subtest levels => sub {
    is_deeply([grep { ($_->{request_id} // '') eq $said{quiet} } @{ $file{errors} }], [],
        'an error below the level of the stream');
    ok((grep { ($_->{request_id} // '') eq $said{quiet} } @{ $file{app} }), 'is in app');
    is_deeply([grep { $_->{request_id} eq $id{quiet} } @{ $file{access} }], [],
        'a good request is below WARNING');
};

subtest off => sub {
    is_deeply([grep { ($_->{host} // '') eq 'off.example' } map { @$_ } values %file], [],
        'a host that is off has no line');
    is_deeply([header($off, 'X-Request-ID')], [], 'and no header');
    for my $stream (qw(access performance)) {
        is_deeply([grep { ($_->{request_id} // '') eq $silent } @{ $file{$stream} }], [],
            "a directory that is off has no $stream line");
    }
    ok((grep { $_->{request_id} eq $but } @{ $file{access} }), 'a directory below it that is on has');
};

my ($slow) = grep { $_->{request_id} eq $id{loud} } @{ $file{performance} };
ok(defined $slow, 'a performance record of the host with another T2MLogSlow');

# Errors in a directory that is off stay.
my $still = T2M::Server->new(name => 'still', modules => ['cgi'], conf => <<'CONF');
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
<Location "/cgi-bin">
T2MLog Off
</Location>
CONF
$still->announce(qr/AH01215/);
$still->start;
my $silenced = header(post($still->port, '/cgi-bin/stderr.pl', 'still heard'), 'X-Request-ID');
ok($still->stop, 'the server stops');
my $found = $still->by_id($silenced);
is(@{ $found->{$_} }, 0, "off in a directory: no $_") for qw(access performance);
cmp_ok(scalar @{ $found->{$_} }, '>=', 1, "off in a directory: $_ stays") for qw(app errors);

# Containers: the streams on standard output and error.
my $container = T2M::Server->new(name => 'container', modules => ['cgi'], conf => <<'CONF');
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
T2MLogFile access /dev/stdout
T2MLogFile app /dev/stdout
T2MLogFile performance off
T2MLogFile errors /dev/stderr
CONF
$container->announce(qr/AH01215|"stream"/);
my ($out, $err) = map { $container->root . "/logs/$_" } qw(stdout stderr);
@$container{qw(stdout stderr)} = ($out, $err);
$container->start;
get($container->port, '/index.html');
post($container->port, '/cgi-bin/stderr.pl', 'on standard error');
ok($container->stop, 'the server stops');
my %lines;
for my $file ($out, $err) {
    for my $line (grep { /^\{/ } split /\n/, read_file($file)) {
        my $record = eval { JSON::PP->new->utf8->decode($line) } or fail("not JSON: $line");
        push @{ $lines{$file}{ $record->{stream} // '' } }, $record;
    }
}
is_deeply([sort keys %{ $lines{$out} }], ['access', 'app'], 'two streams on standard output')
    or diag read_file($out);
is(@{ $lines{$out}{access} }, 2, 'every request');
is_deeply([sort keys %{ $lines{$err} }], ['errors'], 'errors on standard error')
    or diag read_file($err);
ok(!glob($container->log_dir . '/access*'), 'and no file');

# What a configuration as a whole must not be: found by httpd -t or at the start.
sub refused {
    my ($conf, $reason, $what) = @_;
    my ($code, $output) = $still->configtest($conf);
    if ($code == 0) {
        my $server = T2M::Server->new(name => $what, modules => ['cgi'], conf => $conf);
        $server->announce(qr/./);
        ok(!$server->try_start, "$what: refused") or return;
        $output = $server->output . $server->error_log;
    }
    like($output, $reason, "$what: the reason is named");
}
my $open_dir = $still->root . '/open';
mkdir $open_dir;
chmod 0777, $open_dir;
refused("T2MLogFile access same.log\nT2MLogFile errors same.log\n", qr/same\.log/,
    'one file for two streams');
refused("T2MLogDir /nonexistent/deep/dir\n", qr{/nonexistent/deep}, 'no place for the directory');
refused("T2MLogDir $open_dir\n", qr/writable/, 'a directory that anyone may write to');

finish();
