#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# What else a request did before it failed: its earlier lines, its redirects, its handler and its
# back end, on its errors records and nowhere else.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Client qw(get);
use T2M::Log qw(is_number key_order);
use T2M::Server;

my $SCRIPT = <<'PERL';
#!/usr/bin/env perl
print STDERR "dies of $ENV{QUERY_STRING}\n" if $ENV{QUERY_STRING} ne 'silently';
print "Status: 500\nContent-Type: text/plain\n\nhello\n";
PERL

# So many lines at trace8 that twenty are not all of them.
my $rules = join '', map { "RewriteRule ^/nothing$_ /nowhere\n" } 1 .. 30;
my $secret = 'hunter2-hunter2';

my $server = T2M::Server->new(
    modules => [qw(cgi rewrite proxy proxy_http proxy_balancer slotmem_shm lbmethod_byrequests)],
    files => {
        'cgi-bin/die.pl' => [0755, $SCRIPT],
        'htdocs/rewritten/.htaccess' => "RewriteEngine on\nRewriteRule ^x /cgi-bin/die.pl?rewritten [L]\n",
        'htdocs/chatty/index.html' => "all is well\n",
    },
    conf => <<"CONF");
Listen 127.0.0.1:\@PORT:back\@
T2MLogRepeat off
ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"
ScriptAlias /chatty/cgi-bin/ "\@ROOT\@/cgi-bin/"
<Location "/chatty">
LogLevel debug
</Location>
RewriteEngine on
RewriteRule ^/credentials/(.*) http://ali:open-sesame\@127.0.0.1:\@PORT:back\@/\$1 [P]
<Directory "\@ROOT\@/htdocs/rewritten">
AllowOverride All
</Directory>
<Location "/missing">
ErrorDocument 404 /cgi-bin/die.pl?document
</Location>
<Proxy "balancer://farm">
BalancerMember http://127.0.0.1:\@PORT:back\@
</Proxy>
ProxyPass /back/ http://127.0.0.1:\@PORT:back\@/
ProxyPass /dead/ http://127.0.0.1:\@PORT:dead\@/
ProxyPass /farm/ balancer://farm/
<VirtualHost 127.0.0.1:\@PORT:back\@>
T2MLog Off
ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"
</VirtualHost>
CONF
$server->announce(qr/AH01215|AH01114|AH00957|AH00959/);
$server->start;
my $port = $server->port;
my $back = $server->port('back');

# The errors records of a request for that path.
sub errors {
    my ($path, $count) = @_;
    my $answer = get($port, $path);
    my ($id) = T2M::Client::header($answer, 'X-Request-ID');
    $server->wait_for_lines(errors => sub { (grep { ($_->{request_id} // '') eq $id } @_) >= ($count // 1) });
    return ($id, @{ $server->by_id($id)->{errors} });
}

sub messages { return map { $_->{message} } @{ $_[0]{breadcrumbs} // [] } }

subtest 'earlier lines' => sub {
    my ($id, $record) = errors('/chatty/cgi-bin/die.pl?chatty');
    like($record->{message}, qr/dies of chatty/, 'the error');
    my $crumbs = $record->{breadcrumbs};
    ok(ref $crumbs eq 'ARRAY' && @$crumbs > 0 && @$crumbs <= 20, 'has crumbs');
    is_deeply([grep { $_->{level} !~ /^(?:DEBUG|INFO|WARNING)$/ } @$crumbs], [], 'below ERROR');
    ok((grep { $_->{module} eq 'authz_core' && $_->{message} =~ /granted/ } @$crumbs),
        'each with its module and message');
    is_deeply([grep { "@{[ sort keys %$_ ]}" ne 'level message module offset_ms' } @$crumbs], [],
        'and nothing else');
    my @offsets = map { $_->{offset_ms} } @$crumbs;
    is_deeply(\@offsets, [sort { $a <=> $b } @offsets], 'oldest first');
    ok($offsets[0] >= 0 && $offsets[-1] < 60_000, 'from its start');
    my @order = grep { /^(?:error_id|breadcrumbs|handler|seq)$/ } key_order($record);
    is("@order", 'error_id breadcrumbs handler seq', 'behind the other members');
    my ($app) = grep { $_->{level} eq 'ERROR' } @{ $server->by_id($id)->{app} };
    ok($app && !exists $app->{breadcrumbs} && !exists $app->{handler}, 'the app line has none');
};

subtest 'nothing else to tell' => sub {
    my ($id, $record) = errors('/cgi-bin/die.pl?plain');
    ok(!exists $record->{breadcrumbs}, 'no lines: no crumbs');
    is($record->{handler}, 'cgi-script', 'the handler is known');
    ok(!exists $record->{proxy_worker} && !exists $record->{backend_status}, 'no back end');
    is(get($port, '/chatty/index.html')->{status}, 200, 'a request that ends well');
    ok(!(grep { ($_->{path} // '') eq '/chatty/index.html' } $server->records("errors")),
        'writes none');
};

subtest 'each request has its own' => sub {
    my ($first, $one) = errors('/chatty/cgi-bin/die.pl?one');
    my ($second, $two) = errors('/chatty/cgi-bin/die.pl?two');
    is(scalar messages($one), scalar messages($two), 'as many for the second as for the first');
    unlike("@{[ messages($two) ]}", qr/one/, 'and none of the first');
};

subtest 'redirects' => sub {
    my (undef, $record) = errors("/missing/page?token=$secret&x=1");
    my ($crumb) = grep { $_->{module} eq 'redirect' } @{ $record->{breadcrumbs} };
    is($crumb->{message},
        '/missing/page?token=[REDACTED]&x=1 -> /cgi-bin/die.pl?document after status 404',
        'to an error document');
    is($crumb->{level}, 'INFO', 'as information');
    is($record->{handler}, 'cgi-script', 'with the handler that failed');
    (undef, $record) = errors('/rewritten/x');
    ok((grep { $_ eq '/rewritten/x -> /cgi-bin/die.pl?rewritten' } messages($record)),
        'by mod_rewrite') or diag(explain($record));
};

subtest 'a back end' => sub {
    my (undef, $record) = errors('/back/cgi-bin/die.pl?silently');
    is($record->{error_type}, 'HTTP 500', 'that fails');
    is($record->{handler}, 'proxy-server', 'handler');
    is($record->{proxy_worker}, "http://127.0.0.1:$back", 'worker, without a path');
    is($record->{backend_status}, 500, 'its status');
    ok(is_number($record, 'backend_status'), 'a number');
    (undef, $record) = errors('/dead/x');
    is($record->{proxy_worker}, 'http://127.0.0.1:' . $server->port('dead'), 'that is not there');
    ok(!exists $record->{backend_status}, 'has said nothing');
    (undef, $record) = errors('/farm/cgi-bin/die.pl?silently');
    is($record->{proxy_worker}, "http://127.0.0.1:$back", 'the one that a balancer chose');
    (undef, $record) = errors('/credentials/cgi-bin/die.pl?silently');
    is($record->{proxy_worker}, "http://127.0.0.1:$back", 'nobody\'s name and password');
};

my $traced = T2M::Server->new(
    name => 'traced', modules => [qw(cgi rewrite)],
    files => { 'cgi-bin/die.pl' => [0755, $SCRIPT] },
    conf => <<"CONF");
LogLevel warn rewrite:trace8
T2MLogMaxRecord \@MAX\@
ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"
RewriteEngine on
RewriteCond %{QUERY_STRING} ^long
RewriteRule ^/nothing /nowhere
RewriteCond %{QUERY_STRING} never
RewriteRule ^/cgi-bin/ /nowhere
$rules
CONF
$traced->announce(qr/AH01215/);

sub traced_errors {
    my ($max, $query) = @_;
    my $conf = $traced->{conf};
    $traced->{conf} =~ s/\@MAX\@/$max/;
    $traced->start;
    my $answer = get($traced->port, "/cgi-bin/die.pl?$query");
    my ($id) = T2M::Client::header($answer, 'X-Request-ID');
    $traced->wait_for_lines(errors => sub { scalar grep { ($_->{request_id} // '') eq $id } @_ });
    my ($record) = @{ $traced->by_id($id)->{errors} };
    $traced->stop;
    $traced->{conf} = $conf;
    return $record;
}

subtest 'more than twenty' => sub {
    my $record = traced_errors('8K', 'x');
    my @messages = messages($record);
    is(scalar @messages, 20, 'the newest twenty');
    like($messages[-1], qr/pass through|nothing30/, 'up to the last one');
    ok(!(grep { /nothing5\b/ } @messages), 'the oldest are gone');
    ok(!$record->{truncated}, 'which is no cut');
};

subtest 'long ones and secrets' => sub {
    # The condition's line has the query: a secret stands where 256 bytes end, wherever that is.
    for my $before (60, 140, 150, 160, 200) {
        my $record = traced_errors('64K', 'a=' . 'y' x $before . "&password=$secret&z=" . 'z' x 200);
        my $all = join "\n", messages($record);
        unlike($all, qr/hunter/, "no part of a secret behind $before bytes");
        is_deeply([grep { length > 256 } messages($record)], [], 'no message over 256 bytes');
    }
};

subtest 'a line that is full' => sub {
    my $record = traced_errors('1K', 'x');
    my @messages = messages($record);
    ok($record->{truncated}, 'says so');
    ok(@messages < 20 && $record->{message} =~ /dies of x/, 'has fewer crumbs and its message');
    like($messages[-1], qr/pass through|nothing30/, 'the newest') if @messages;
};

finish();
