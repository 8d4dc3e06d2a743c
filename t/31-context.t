#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Fields that administrators and scripts add: where they come from, which of them wins, what they may
# not be called, and where they stand in each layout.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Admin qw(admin_conf admin_files ask body);
use T2M::Client qw(exchange get post header);
use T2M::Httpd qw(has_module module_file run source_dir tool);
use T2M::Log qw(key_order);
use T2M::Root qw(read_file);
use T2M::Server;

my @STREAMS = qw(app errors access security performance);

# A script that says something on standard error and sends headers of its own.
my $SCRIPT = <<'PERL';
#!/usr/bin/env perl
print STDERR "complaint\n";
print "Status: 203\n" if $ENV{QUERY_STRING} eq 'late';
print "Content-Type: text/plain\nX-T2MLog-User-Id: 42\nX-Answer: late\n\nhello\n";
PERL

my $many = join '', map { "SetEnv t2mlog.many$_ $_\n" } 1 .. 20;
my $long = 'l' x 3000;

my $server = T2M::Server->new(
    modules => [qw(cgi rewrite actions)],
    files => {
        'cgi-bin/context.pl' => [0755, $SCRIPT],
        'htdocs/rewritten/.htaccess' => "RewriteEngine on\nRewriteRule ^x /cgi-bin/context.pl\n",
        'htdocs/many/index.html' => "many\n",
    },
    conf => <<"CONF");
LogLevel info
ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"
T2MLogLevel app DEBUG
<Location "/">
T2MLogContext site "main-%{REQUEST_METHOD}"
</Location>
T2MLogField access accept "%{HTTP:Accept}"
T2MLogField access -user_agent
T2MLogField access mail "%{REQUEST_METHOD} to ada\@example.org %{SCRIPT_FILENAME}"
T2MLogField performance -function
T2MLogField errors stage "%{ENV:STAGE}"
T2MLogField errors -file
T2MLogField app -exception
T2MLogField security -endpoint
SetEnv STAGE canary
<Directory "\@ROOT\@/htdocs/rewritten">
AllowOverride All
</Directory>
<Location "/cgi-bin">
T2MLogContext answer "%{resp:X-Answer}"
T2MLogContext status_seen "%{REQUEST_STATUS}"
T2MLogContext team directive
T2MLogContext first "%{REQUEST_URI}"
SetEnv t2mlog.team environment
SetEnv t2mlog.color blue
Header always note X-T2MLog-User-Id t2mlog.user_id
Header always unset X-T2MLog-User-Id
Header always note X-Team t2mlog.team
</Location>
<Location "/rewritten">
SetEnv t2mlog.origin asked
T2MLogContext place "%{REQUEST_URI}"
T2MLogEndpoint front
</Location>
<Location "/missing">
SetEnv t2mlog.origin asked
T2MLogEndpoint "not there"
ErrorDocument 404 /cgi-bin/context.pl
</Location>
<Location "/hostile">
SetEnv t2mlog.ip 192.0.2.1
SetEnv t2mlog.timestamp never
SetEnv t2mlog.request_id mine
SetEnv t2mlog.extra_fields x
SetEnv t2mlog.Upper x
SetEnv t2mlog.dot.ted x
SetEnv t2mlog. x
SetEnv t2mlog x
SetEnv "t2mlog.a\\"b" x
SetEnv T2MLOG.shouted x
SetEnv t2mlog.empty ""
SetEnv t2mlog.password hunter2
SetEnv t2mlog.good "token=abcdefgh12345 and more"
SetEnv t2mlog.note "number 4111 1111 1111 1111"
T2MLogContext api_key "%{HTTP:X-Key}"
T2MLogContext query_text "%{QUERY_STRING}"
</Location>
<Location "/many">
$many
SetEnv t2mlog.many1 $long
</Location>
<Location "/forbidden">
Require all denied
</Location>
CONF
$server->announce(qr/AH01215|AH01630/);
$server->start;
my $port = $server->port;

my %answer = (
    plain => get($port, '/index.html', Accept => 'text/html', 'User-Agent' => 'Hidden/1.0'),
    script => get($port, '/cgi-bin/context.pl'),
    late => get($port, '/cgi-bin/context.pl?late'),
    rewritten => get($port, '/rewritten/x'),
    missing => get($port, '/missing/page'),
    hostile => get($port, '/hostile?password=qwertz123&page=2', 't2mlog.evil' => 'header',
        'T2MLOG_EVIL' => 'header', 'X-Key' => 'Abc123Secret'),
    many => get($port, '/many/index.html'),
    forbidden => get($port, '/forbidden'),
);
ok(defined exchange($port, "GARBAGE\r\n\r\n"), 'a line that is no request');
ok(defined exchange($port, "GET / HTTP/1.1\r\nHost:\r\nBad Header\r\n\r\n"), 'a broken header');
my %id = map { ($_ => scalar header($answer{$_}, 'X-Request-ID')) } keys %answer;
ok($server->stop, 'the server stops');
my %found = map { ($_ => $server->by_id($id{$_})) } keys %answer;

sub all_lines {
    my ($found, @streams) = @_;
    return map { @{ $found->{$_} } } @streams ? @streams : @STREAMS;
}

sub values_of {
    my ($name, @lines) = @_;
    my %seen;
    return join ',', grep { !$seen{$_}++ } map { $_->{$name} // '(none)' } @lines;
}

subtest 'T2MLogContext' => sub {
    for my $name (grep { $_ ne 'many' } sort keys %answer) {
        is(values_of('site', all_lines($found{$name})), 'main-GET', "$name: every line has it");
    }
    my ($script) = @{ $found{script}{access} };
    is($script->{answer}, 'late', 'a response header on access');
    is(values_of('answer', @{ $found{script}{performance} }), 'late', 'and on performance');
    is(values_of('answer', grep { $_->{message} =~ /complaint/ } @{ $found{script}{errors} }),
        '(none)', 'and not on what came before it');
    is(values_of('status_seen', grep { $_->{message} =~ /complaint/ } @{ $found{late}{errors} }), '200',
        'what changes while the request is served');
    is(values_of('status_seen', all_lines($found{late}, qw(access performance))), '203',
        'is looked at once more at its end');
    is(values_of('first', all_lines($found{script}, 'errors')), '/cgi-bin/context.pl',
        'others are on every line');
    my ($garbage) = grep { $_->{status} == 400 } $server->records('access');
    ok($garbage, 'a request that could not be read is logged');
    like($garbage->{mail}, qr/^GARBAGE to/, 'with what T2MLogField adds');
};

subtest 'notes and environment' => sub {
    is(values_of('color', all_lines($found{script})), 'blue', 'the environment, on every line');
    is(values_of('user_id', @{ $found{script}{access} }), '42', 'a note');
    is(scalar header($answer{script}, 'X-T2MLog-User-Id'), undef, 'that the client does not see');
    is(values_of('team', all_lines($found{script})), 'environment',
        'the environment is before the directive');
};

subtest 'internal redirects' => sub {
    for my $name (qw(rewritten missing)) {
        my ($access) = @{ $found{$name}{access} };
        is($access->{origin}, 'asked', "$name: the environment of what was asked for");
        is($access->{user_id}, 42, "$name: a note of what it became");
        is($access->{color}, 'blue', "$name: the environment of what it became");
    }
    my ($access) = @{ $found{rewritten}{access} };
    is($access->{place}, '/cgi-bin/context.pl', 'expressions see the last of the redirects');
    ok(!exists $access->{answer}, 'directives are those of what was asked for');
};

subtest 'T2MLogEndpoint' => sub {
    my %want = (rewritten => 'front', missing => 'not there');
    for my $name (sort keys %want) {
        is(values_of('endpoint', all_lines($found{$name}, qw(errors access performance))),
            $want{$name}, "$name: endpoint");
        is(values_of('metric', @{ $found{$name}{performance} }), $want{$name}, "$name: metric");
        is(values_of('message', @{ $found{$name}{performance} }),
            "Performance metric: $want{$name}", "$name: message");
    }
    my @after = grep { $_->{message} =~ /complaint/ } @{ $found{rewritten}{app} };
    is(values_of('endpoint', @after), 'front', 'app');
};

subtest 'hostile names and values' => sub {
    my ($access) = @{ $found{hostile}{access} };
    is($access->{ip}, '127.0.0.1', 'our own fields stay ours');
    isnt($access->{request_id}, 'mine', 'the id too');
    my %known = map { ($_ => 1) } key_order($found{plain}{access}[0]);
    is_deeply([grep { !$known{$_} } key_order($access)],
        [qw(query password good note api_key query_text)],
        'no other name was added') or diag join ' ', key_order($access);
    is($access->{password}, '[REDACTED]', 'a name that says secret');
    is($access->{api_key}, '[REDACTED]', 'of a directive too');
    unlike($access->{good}, qr/abcdefgh12345/, 'a secret in a value');
    like($access->{good}, qr/and more/, 'what is none stays');
    is($access->{note}, 'number [REDACTED:card-1111]', 'a card number');
    is($access->{query_text}, 'password=[REDACTED]&page=2', 'a secret that the client sent');
    my $files = join '', map { read_file($_) } glob($server->log_dir . '/*.log');
    unlike($files, qr/hunter2|qwertz123|Abc123Secret|evil|shouted/, 'nothing of it in any file');
};

subtest 'limits' => sub {
    for my $line (all_lines($found{many}, qw(access performance))) {
        my @names = grep { /^many/ } key_order($line);
        is(@names, 16, 'sixteen fields');
        is(length $line->{many1}, 1024, 'a value of 1 KiB');
        ok($line->{truncated}, 'the line says that there was more');
    }
    ok(!$found{plain}{access}[0]{truncated}, 'and others do not');
};

subtest 'T2MLogField' => sub {
    my ($access) = @{ $found{plain}{access} };
    is($access->{accept}, 'text/html', 'a field more');
    like($access->{mail}, qr{^GET to \[REDACTED:email\] .*/index\.html$}, 'masked');
    ok(!exists $access->{user_agent}, 'a field less');
    ok(!exists $found{plain}{performance}[0]{accept}, 'in its stream only');
    ok(!exists $found{plain}{performance}[0]{function}, 'performance: a field less');
    ok(exists $found{plain}{performance}[0]{module}, 'and no other');
    my @errors = @{ $found{script}{errors} };
    is(values_of('stage', @errors), 'canary', 'errors: a field more');
    is(values_of('file', @errors), '(none)', 'errors: a field less');
    like(values_of('file', @{ $found{script}{app} }), qr/\.[ch]$/, 'which app has');
    my ($event) = @{ $found{forbidden}{security} };
    is(values_of('event', $event), 'unauthorized_access', 'an event');
    is(values_of('endpoint', $event), '(none)', 'security: a field less');
};

# httpd logs what an expression gives, at a level that nobody uses: such a line has a context, too.
subtest 'expressions that log' => sub {
    my $server = T2M::Server->new(name => 'trace', conf => <<'CONF');
LogLevel warn t2mlog:trace4
T2MLogLevel DEBUG
T2MLogField app verb "%{REQUEST_METHOD}"
<Location "/">
T2MLogContext site "main-%{REQUEST_METHOD}"
</Location>
CONF
    $server->start;
    my $answer = get($server->port, '/index.html');
    is($answer->{status}, 200, 'served');
    ok($server->stop, 'the server stops');
    my $found = $server->by_id(header($answer, 'X-Request-ID'));
    is(values_of('site', @{ $found->{access} }), 'main-GET', 'access has the context');
    my @lines = grep { $_->{message} =~ /expression/ } @{ $found->{app} };
    cmp_ok(scalar @lines, '>=', 1, 'the evaluations were logged');
    cmp_ok(scalar @lines, '<=', 8, 'and not over and over');
};

# Layouts: what is where.
my %KEPT = (
    app => [qw(timestamp level logger message app environment hostname thread process request_id
        endpoint method path ip seq)],
    errors => [qw(timestamp level logger message exception request_id endpoint method path ip app
        environment hostname thread process seq)],
    map { ($_ => [qw(timestamp level message request_id seq)]) } qw(access security performance),
);
my @INSIDE = (
    [app => 'module'], [errors => 'error_id'], [access => 'duration_ms'], [access => 'team'],
    [security => 'event'], [performance => 'metric'], [performance => 'team'],
);

sub start_layout {
    my ($layout) = @_;
    my $server = T2M::Server->new(name => $layout, modules => ['cgi'], conf => <<"CONF");
LogLevel info
ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"
T2MLogLayout $layout
SetEnv t2mlog.team blue
T2MLogField access -referer
<Location "/forbidden">
Require all denied
</Location>
<Location "/cgi-bin/slow.pl">
T2MLogPerformance slow
T2MLogSlow 10ms
</Location>
<Location "/index.html">
T2MLogPerformance slow
T2MLogSlow 1h
</Location>
CONF
    $server->announce(qr/AH01215|AH01630/);
    $server->start;
    get($server->port, '/cgi-bin/slow.pl?0.1', 'User-Agent' => 'Tester/1.0', Referer => 'http://r/');
    post($server->port, '/cgi-bin/stderr.pl', 'complaint password=abcdef99');
    get($server->port, '/forbidden');
    get($server->port, '/index.html');
    ok($server->stop, "$layout: the server stops");
    return $server;
}

for my $layout (qw(nested both)) {
    my $server = start_layout($layout);
    my %records = map { ($_ => [$server->records($_)]) } @STREAMS;
    subtest "layout $layout" => sub {
        for my $stream (@STREAMS) {
            my ($line) = grep { $_->{extra_fields} && ($_->{request_id} || $stream eq 'app') }
                reverse @{ $records{$stream} };
            ok($line, "$stream: a line with extra fields") or next;
            my %kept = map { ($_ => 1) } @{ $KEPT{$stream} }, qw(extra_fields prev);
            my @extra = sort grep { !$kept{$_} } key_order($line);
            my @inside = sort keys %{ $line->{extra_fields} };
            is_deeply(\@extra, $layout eq 'both' ? \@inside : [], "$stream: what stays at the top");
            ok(!(grep { $kept{$_} } @inside), "$stream: and is not repeated");
            is_deeply([map { $line->{$_} } @inside], [@{ $line->{extra_fields} }{@inside}],
                "$stream: the same values") if $layout eq 'both';
            is((grep { $_ ne 'prev' } key_order($line))[-2], 'extra_fields',
                "$stream: extra_fields is last but seq");
        }
        for my $pair (@INSIDE) {
            my ($stream, $name) = @$pair;
            ok((grep { exists(($_->{extra_fields} // {})->{$name}) } @{ $records{$stream} }),
                "$stream: .extra_fields.$name");
        }
        my @slow = grep { $_->{extra_fields}{slow} } @{ $records{performance} };
        is_deeply([map { $_->{extra_fields}{path} } @slow], ['/cgi-bin/slow.pl'],
            'a slow request says its path');
        is_deeply([grep { ($_->{extra_fields}{path} // '') eq '/index.html'
                || $_->{extra_fields}{metric} eq 'GET /index.html' } @{ $records{performance} }], [],
            'T2MLogPerformance slow: one that was not is left out');
        ok(!(grep { exists $_->{extra_fields}{referer} || exists $_->{referer} }
            @{ $records{access} }), 'what T2MLogField leaves out is in neither place');
        unlike(join('', map { read_file($_) } glob($server->log_dir . '/*.log')), qr/abcdef99/,
            'masked in both');
    };
    next if $layout ne 'both';
    subtest 'the recipes of the reference' => sub {
        plan skip_all => 'no jq' if !tool('jq');
        my $directory = $server->log_dir;
        my %recipe = (
            'select(.extra_fields.duration_ms > 50) | .duration_ms' => 'performance.log',
            '.extra_fields.event' => 'security.log',
            'select(.extra_fields.blocked == true) | .extra_fields.ip' => 'security.log',
            'select(.event == "unauthorized_access") | .ip' => 'security.log',
        );
        for my $filter (sort keys %recipe) {
            my ($code, $output) = run('jq', $filter, "$directory/$recipe{$filter}");
            ok($code == 0 && $output =~ /\A(?:"|\d)/, $filter) or diag $output;
        }
    };
}

# What is not written is counted all the same.
subtest 'metrics count all' => sub {
    my $server = T2M::Server->new(name => 'counted', files => { admin_files() },
        conf => admin_conf() . <<'CONF');
<VirtualHost 127.0.0.1:@PORT@>
ServerName test.example
T2MLogPerformance slow
<Location "/unseen">
T2MLog Off
</Location>
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
ServerName off.example
T2MLogFile performance off
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
ServerName level.example
T2MLogLevel performance WARNING
</VirtualHost>
CONF
    T2M::Admin::start($server);
    get($server->port, '/index.html') for 1 .. 5;
    get($server->port, '/part.txt', Host => 'off.example') for 1 .. 3;
    get($server->port, '/gone.html', Host => 'level.example') for 1 .. 2;
    get($server->port, '/unseen');
    my $metrics = body(ask($server, '/performance'))->{performance_metrics};
    is($metrics->{'GET /index.html'}{count}, 5, 'T2MLogPerformance slow');
    is($metrics->{'GET /part.txt'}{count}, 3, 'T2MLogFile performance off');
    is($metrics->{'GET /gone.html'}{count}, 2, 'T2MLogLevel performance WARNING');
    ok(!exists $metrics->{'GET /unseen'}, 'T2MLog Off in a directory: not even counted');
    ok($server->stop, 'the server stops');
    is_deeply([grep { !/admin/ } map { $_->{metric} } $server->records('performance')], [],
        'and no line of it');
};

# The example files, as they are given to users.
sub example { return read_file(source_dir() . "/examples/$_[0]") }

sub runs_example {
    my ($name, $path, %option) = @_;
    my $said = delete $option{said};
    my $server = T2M::Server->new(name => $name, %option);
    $server->announce(qr/AH01215|lua:error|translating/);
    $server->start;
    my $answer = get($server->port, $path);
    is($answer->{body}, "translated\n", "$name: answers");
    is_deeply([grep { $_->[0] =~ /^X-T2MLog/i } @{ $answer->{headers} }], [],
        "$name: no header of it reaches the client");
    ok($server->stop, "$name: the server stops");
    my $found = $server->by_id(header($answer, 'X-Request-ID'));
    for my $line (all_lines($found, qw(access performance)),
        grep { $_->{message} =~ /translating/ } all_lines($found, 'app', 'errors')) {
        is("$line->{user_id} $line->{feature} $line->{scheme}", '42 translation http',
            "$name: user_id, feature, scheme");
    }
    cmp_ok(scalar(grep { $_->{message} =~ /translating/ } all_lines($found, 'app', 'errors')), '>=',
        1, "$name: the script's own line") if $said;
    return;
}

my $CONTEXT = example('context.conf');
subtest 'examples' => sub {
    runs_example('CGI', '/cgi-bin/context.pl', modules => ['cgi'],
        files => { 'cgi-bin/context.pl' => [0755, example('context.pl')] },
        conf => qq(ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"\n$CONTEXT));
    SKIP: {
        skip 'no mod_lua', 1 if !has_module('lua');
        runs_example('Lua', '/translate', modules => ['lua'], said => 1,
            files => { 'context.lua' => example('context.lua') },
            conf => qq(LuaMapHandler "^/translate" "\@ROOT\@/context.lua"\n$CONTEXT));
    }
    SKIP: {
        skip 'no mod_wsgi', 1 if !has_module('wsgi');
        runs_example('WSGI', '/wsgi/translate', modules => ['wsgi'],
            files => { 'context.wsgi' => example('context.wsgi') },
            conf => <<"CONF");
WSGISocketPrefix "\@ROOT\@/run/wsgi"
WSGIDaemonProcess site processes=1 threads=2
WSGIProcessGroup site
WSGIApplicationGroup %{GLOBAL}
WSGIScriptAlias /wsgi "\@ROOT\@/context.wsgi"
<Files "context.wsgi">
Require all granted
</Files>
$CONTEXT
CONF
    }
    SKIP: {
        my ($php) = glob((module_file('dir') // '') =~ s{[^/]*$}{libphp*.so}r);
        skip 'no mod_php', 1 if !$php || !-e $php;
        skip 'mod_php needs prefork', 1 if !has_module('mpm_prefork');
        skip 'mod_php cannot run under a sanitizer', 1 if $ENV{T2M_PRELOAD};
        runs_example('PHP', '/context.php', mpm => 'prefork', said => 1,
            files => { 'htdocs/context.php' => example('context.php') },
            conf => <<"CONF");
LoadModule php_module "$php"
<FilesMatch "\\.php\$">
SetHandler application/x-httpd-php
</FilesMatch>
$CONTEXT
CONF
    }
};

finish();
