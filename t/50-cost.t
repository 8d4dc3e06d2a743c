#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# What mod_t2mlog adds to a request stays below what is written here: instructions, counted by
# callgrind, and system calls in the worker, counted by strace. Neither depends on how fast the
# machine is or on what else it does. `./bootstrap bench` shows the figures beside those of others.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time);

use T2M::Cost qw(load request sum_of);
use T2M::Httpd qw(tool);
use T2M::Module;
use T2M::Server;

# Of a request, what is mod_t2mlog's doing at most: instructions, and system calls of the worker.
my %MOST = (
    plain => [4900, 0],
    query => [39000, 0], # of 2 KiB
    missing => [5200, 0], # 404
    denied => [17000, 0], # 403, whose error is counted and not written any more
    counted => [10400, 0], # the same of a text as a script prints it, which is the query, too
    slow_only => [4900, 0], # T2MLogPerformance slow, a fast request
);
# System calls of 1,000 requests: the writer may be woken each 50 ms. How many a request has that
# comes later than httpd looks for it is another matter, and so are a few stray ones.
my $WAKE_UPS_PER_SECOND = 20;
my $MOST_LATE = 400;
my $STRAY = 20;

my $QUERY = join '&', map { sprintf 'parameter%d=%s%d', $_, $_ % 3 ? 'value' : 'a%20b', $_ }
    1 .. 93;
my %CASE = (
    plain => {},
    query => { path => '/1k.txt?' . $QUERY },
    missing => { path => '/absent', status => 404 },
    denied => { port => 'denied', status => 403 },
    slow_only => { port => 'slow' },
    counted => { path => '/text?Undefined+variable+in+/srv/app/index.php+on+line+12',
        port => 'groups' },
);

my $groups = eval { T2M::Module::compiled('t/module/mod_t2mlog_groups.c') };
delete @$_{ $groups ? () : 'counted' } for \(%MOST, %CASE);

my $CONF = <<'CONF';
MaxKeepAliveRequests 0
ServerLimit 2
StartServers 1
MaxRequestWorkers 2
MinSpareServers 1
MaxSpareServers 2
Listen 127.0.0.1:@PORT:denied@
<VirtualHost 127.0.0.1:@PORT:denied@>
<Directory "@ROOT@/htdocs">
Require all denied
</Directory>
</VirtualHost>
Listen 127.0.0.1:@PORT:slow@
<VirtualHost 127.0.0.1:@PORT:slow@>
<IfModule t2mlog_module>
T2MLogPerformance slow
</IfModule>
</VirtualHost>
CONF

my $GROUPS = <<'CONF';
Listen 127.0.0.1:@PORT:groups@
<VirtualHost 127.0.0.1:@PORT:groups@>
<Location "/text">
SetHandler t2mlog-groups
</Location>
</VirtualHost>
CONF
$CONF .= qq{LoadModule t2mlog_groups_module "$groups"\n$GROUPS} if $groups;

sub load_of {
    my ($server, $name) = @_;
    my $case = $CASE{$name};
    return load($server->port($case->{port}), request($case->{path} // '/1k.txt'),
        status => $case->{status});
}

# The server without mod_t2mlog and the one with it. Prefork, since threads wait for each other now
# and then; what the module does is the same.
sub pair {
    my (%option) = @_;
    my %files = ('htdocs/1k.txt' => 'x' x 1023 . "\n");
    my %common = (%option, mpm => 'prefork', conf => $CONF, files => \%files);
    my @pair = map { T2M::Cost->new(%common, %$_)->start }
        { t2mlog => undef, name => 'without' }, { name => 'with' };
    $_->announce(qr/AH01630: client denied|Undefined\+variable/) for @pair;
    for my $server (@pair) {
        load_of($server, $_)->(60) for sort keys %CASE;
    }
    return @pair;
}

# What a server's request costs in the least of some measurements: one that comes late costs more.
sub least_instructions {
    my ($server, $name) = @_;
    my $load = load_of($server, $name);
    my @sums = sort { $a <=> $b }
        map { ($server->instructions_per_request($load, few => 20, many => 120))[0] } 1 .. 3;
    return $sums[0];
}

subtest 'instructions' => sub {
    plan skip_all => 'no valgrind' if !tool('valgrind');
    my ($without, $with) = pair(count => 'instructions');
    for my $name (sort keys %MOST) {
        my ($base, $all) = map { least_instructions($_, $name) } $without, $with;
        cmp_ok($all - $base, '<=', $MOST{$name}[0], "$name: no more than recorded");
        cmp_ok($all - $base, '>', 0, "$name: and it is counted");
        note sprintf '%-9s %6.0f without, %6.0f added', $name, $base, $all - $base;
    }
};

# System calls that 1,000 requests have more with the module than without: {name => calls}, and how
# many seconds those take.
sub added_calls {
    my ($name, $without, $with) = @_;
    my %take = (who => 'worker', few => 50, many => 550);
    my $base = $without->calls_per_request(load_of($without, $name), %take)->{worker};
    my $began = time;
    my $all = $with->calls_per_request(load_of($with, $name), %take)->{worker};
    my %added = map { ($_ => sprintf '%.0f', 1000 * (($all->{$_} // 0) - ($base->{$_} // 0))) }
        keys %$base, keys %$all;
    delete @added{ grep { !$added{$_} } keys %added };
    return (\%added, (time - $began) / $take{many} * 1000);
}

# For a request that is not there yet httpd has one poll and one more read. How many of them come
# late is the client's doing.
sub without_late_ones {
    my (%added) = @_;
    my ($late, $reads) = map { $added{$_} // 0 } qw(poll read);
    delete @added{qw(poll read)} if abs($late) <= $MOST_LATE && abs($late - $reads) <= 5;
    return %added;
}

sub check_calls {
    my ($name, $without, $with) = @_;
    my ($sum, $may, $text);
    for my $try (1 .. 3) {
        my ($added, $seconds) = added_calls($name, $without, $with);
        my %left = without_late_ones(%$added);
        $sum = sum_of(\%left);
        $may = 1000 * $MOST{$name}[1] + $STRAY + $WAKE_UPS_PER_SECOND * $seconds;
        $text = join ' ', map { sprintf '%s %+d', $_, $added->{$_} } sort keys %$added;
        note sprintf '%-9s %+d, may be %.0f: %s', $name, $sum, $may, $text;
        last if $sum <= $may;
    }
    cmp_ok($sum, '<=', $may, "$name: no more than recorded, but to wake the writer")
        or diag "of 1,000 requests: $text";
}

subtest 'system calls' => sub {
    plan skip_all => 'no strace' if !tool('strace');
    my ($without, $with) = pair();
    plan skip_all => 'strace may not follow processes here'
        if !eval { $with->calls_during(sub { }, 'worker'); 1 };
    check_calls($_, $without, $with) for sort keys %CASE;
};

finish();
