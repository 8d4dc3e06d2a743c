#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# What is known of error groups outlives the server: stop and start, restarts, a writer that is
# killed, all of its processes killed at once. A file that is damaged is set aside and told of.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use JSON::PP ();
use Test::More;

use T2M::Admin qw(admin_conf admin_files ask body);
use T2M::Client qw(get post);
use T2M::Configtest qw(passes refuses);
use T2M::Process qw(alive descendants role_of wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;

my $server = T2M::Server->new(name => 'groups', files => { admin_files() },
    conf => admin_conf() . qq{<Location "/denied">\nRequire all denied\n</Location>\n});
$server->announce(qr/AH01630/);
T2M::Admin::start($server);

my $JSON = JSON::PP->new->utf8;

sub path { return $server->log_dir . '/t2mlog.groups' }
sub denied { get($server->port, '/denied') for 1 .. $_[0]; return }
sub summary { return body(ask($server, '/errors?state=all'))->{error_summary} // {} }

sub our_id {
    my $summary = summary();
    return (grep { $summary->{$_}{type} eq 'AH01630' } sort keys %$summary)[0];
}

sub group {
    my ($id) = @_;
    return (body(ask($server, "/errors/$id")) // {})->{error_group} // {};
}

sub set {
    my ($id, %change) = @_;
    return post($server->port, "/admin/logs/errors/$id", $JSON->encode(\%change),
        'Content-Type' => 'application/json', 'X-Admin-Token' => $T2M::Admin::TOKEN);
}

sub file { return -e path() ? read_file(path()) : '' }

# The objects of the file's lines; none when its checksum is wrong.
sub saved {
    my ($rest, $sum) = file() =~ /\A(.*\n)(\{.*\}\n)\z/s or return;
    return if ($JSON->decode($sum)->{sha256} // '') ne sha256_hex($rest);
    return map { $JSON->decode($_) } split /\n/, $rest;
}

sub saved_group {
    my ($id) = @_;
    return (grep { ($_->{id} // '') eq $id } saved())[0] // {};
}

# Polled: the token counts a moment after the start.
sub again {
    $server->start;
    return wait_until(15, sub { ask($server, '/health')->{status} == 200 });
}

sub notices { my $count = () = $server->error_log =~ /$_[0]/g; return $count }

sub writer { return (grep { role_of($_) eq 'writer' } descendants($server->pid))[0] }

# What must not change by a start: all but what depends on the time of the question.
sub lasting {
    my ($group) = @_;
    my %lasting = %$group;
    delete @lasting{grep { /hour|minutes|rising|rank/ } keys %lasting};
    return \%lasting;
}

denied(3);
my $id = our_id() // BAIL_OUT('no group');
my $first;

subtest 'no log file has its name' => sub {
    for my $name (qw(t2mlog.groups t2mlog.groups.tmp t2mlog.groups.damaged a/t2mlog.groups)) {
        refuses("T2MLog On\nT2MLogFile app $name", $name, qr/writer's error groups; allowed: /);
    }
    passes("T2MLog On\nT2MLogFile app t2mlog.group", 't2mlog.group');
};

subtest 'the file' => sub {
    ok(wait_until(15, sub { saved_group($id)->{total} }), 'it comes while the server runs')
        or return;
    my ($head) = saved();
    is($head->{format}, 't2mlog-error-groups', 'its format');
    is($head->{version}, 1, 'and version');
    like($head->{written}, qr/^\d{4}-\d\d-\d\dT.*Z$/, 'when it was written');
    is(sprintf('%o', (stat path())[2] & 07777), '640', 'its mode');
    ok(!-e path() . '.tmp', 'nothing is left beside it');
};

subtest 'an idle server leaves it alone' => sub {
    my @before = (stat path())[1, 9];
    ask($server, '/errors') for 1 .. 3;
    get($server->port, '/') for 1 .. 3;
    $server->wait_for_lines('access', 3);
    sleep 2;
    is_deeply([(stat path())[1, 9]], \@before, 'requests without errors do not change it');
};

subtest 'stop and start' => sub {
    denied(4);
    is(set($id, state => 'resolved')->{status}, 200, 'somebody says something of it');
    $first = group($id);
    is($first->{count_total}, 7, 'seven errors');
    is($first->{state}, 'resolved', 'its state');
    ok($server->stop, 'stopped');
    is(saved_group($id)->{total}, 7, 'saved at the end');
    ok(again(), 'started');
    is_deeply(lasting(group($id)), lasting($first), 'all of it is known')
        or diag explain group($id);
    is(notices('T2M022[2-4]'), 0, 'nothing is told');
    denied(1);
    my $now = group($id);
    is($now->{count_total}, 8, 'one more is the eighth');
    is($now->{count_error}, 0, 'exactly');
    is($now->{first_seen}, $first->{first_seen}, 'of the same group');
    is($now->{state}, 'regressed', 'which was resolved');
    is_deeply($now->{sample_first}, $first->{sample_first}, 'with its first record');
    is(scalar(grep { $_ eq $id } keys %{ summary() }), 1, 'listed once');
};

subtest 'a start without errors writes nothing' => sub {
    ok($server->stop, 'stopped');
    my @before = (stat path())[1, 9];
    ok(again() && $server->stop, 'started and stopped');
    is_deeply([(stat path())[1, 9]], \@before, 'the file stays as it is');
    ok(again(), 'started');
    is(group($id)->{count_total}, 8, 'and is read again');
};

subtest 'what leaves the memory as it is' => sub {
    denied(1);
    is(group($id)->{count_total}, 9, 'nine errors');
    # Whatever stands in the file now is not asked.
    my $before = file();
    ok($server->graceful, 'graceful');
    is(group($id)->{count_total}, 9, 'nine still');
    ok($server->restart, 'HUP');
    is(group($id)->{count_total}, 9, 'nine still');
    my $writer = wait_until(10, \&writer);
    write_file(path(), "{}\n");
    kill 'KILL', $writer;
    ok(wait_until(20, sub { my $next = writer(); $next && $next != $writer }), 'another writer');
    denied(1);
    ok(wait_until(15, sub { (group($id)->{count_total} // 0) == 10 }), 'ten errors')
        or diag explain group($id);
    ok(wait_until(20, sub { saved_group($id)->{total} }), 'and a whole file');
    is(notices('T2M0222'), 0, 'nobody has missed it');
};

subtest 'killed' => sub {
    my $total = saved_group($id)->{total};
    my @all = ($server->pid, descendants($server->pid));
    kill 'KILL', @all;
    ok(wait_until(10, sub { !grep { alive($_) } @all[1 .. $#all] }), 'all of them at once');
    $server->stop;
    ok(again(), 'started');
    cmp_ok(group($id)->{count_total}, '>=', $total, 'what was saved is known');
};

# Starts with these bytes in the file.
sub started_with {
    my ($bytes, $name) = @_;
    my $told = notices('T2M0222');
    ok($server->stop, "$name: stopped");
    write_file(path(), $bytes);
    ok(again(), "$name: started");
    ok(wait_until(10, sub { notices('T2M0222') > $told }), "$name: told");
    is(notices('T2M0222'), $told + 1, "$name: once");
    ok(!group($id)->{count_total}, "$name: nothing is known");
    is(read_file(path() . '.damaged'), $bytes, "$name: set aside");
    return;
}

subtest 'damaged' => sub {
    ok($server->stop, 'stopped');
    my $whole = file();
    ok(again(), 'started');
    started_with($whole =~ s/"total":(\d)/'"total":' . ($1 ^ 1)/er, 'another digit');
    denied(2);
    is(group($id)->{count_total}, 2, 'the groups begin anew');
    started_with(substr($whole, 0, length($whole) / 2), 'cut off');
    my @left = grep { /damaged/ } glob(path() . '*');
    is(scalar @left, 1, 'one is kept');
    like($server->error_log, qr/:warn\] .*T2M0222: \S*t2mlog\.groups: /, 'told as a warning');
    denied(1);
    ok(wait_until(15, sub { saved_group($id)->{total} }), 'there is a new one');
    $server->stop;
    write_file(path(), $whole);
    ok(again(), 'started with the whole file');
    cmp_ok(group($id)->{count_total} // 0, '>=', 9, 'it is known again');
};

subtest 'it cannot be written' => sub {
    unlink path();
    mkdir path() or die "mkdir: $!";
    denied(1);
    ok($server->stop, 'stopped');
    like($server->error_log . $server->output, qr/T2M0224/, 'told');
    ok(-d path(), 'what is in the way stays');
    ok(!-e path() . '.tmp', 'nothing is left beside it');
    rmdir path();
    ok(again(), 'started');
    ok(!group($id)->{count_total}, 'without groups');
    is(notices('T2M0222'), 2, 'for which nothing is told');
};

T2M::Server->finish;
