#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# A server that is never stopped: its program, module, user and directory change under it, and it is
# restarted again and again. Nothing is lost, nothing is written by two, and what cannot be had
# leaves what was there at work.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Copy qw(copy);
use File::Temp ();
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use T2M::Client qw(get);
use T2M::Httpd qw(built server_user);
use T2M::Load;
use T2M::Log;
use T2M::Process qw(alive children descendants descriptors mapped memories role_of wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;

my $CYCLES = $ENV{T2M_CYCLES} // 12;
# Where nobody writes for seconds, because an old writer has not ended yet, nothing may be dropped.
my $ROOMY = "T2MLogBuffer 32M\nT2MLogFile performance off\n";
my $other = other_build();

# Module and program of the other layout, where the build leaves them or beside the tested ones.
sub other_build {
    my $directory = built('mod_t2mlog.so') =~ s{/[^/]+$}{}r;
    my ($module) = grep { -e } map { "$directory/$_" } '.libs/mod_t2mlogother.so',
        'mod_t2mlogother.so';
    return $module && -x "$directory/t2mlogother"
        ? { 'mod_t2mlog.so' => $module, t2mlog => "$directory/t2mlogother" } : undef;
}

# As a package manager does: the new file takes the name, the old one stays with who has it open.
sub install {
    my ($directory, %file) = @_;
    while (my ($name, $source) = each %file) {
        copy($source, "$directory/$name.new") or die "$source: $!";
        chmod 0755, "$directory/$name.new";
        rename "$directory/$name.new", "$directory/$name" or die "$name: $!";
    }
    return;
}

my %TESTED = map { ($_ => built($_)) } 'mod_t2mlog.so', 't2mlog';

# A server whose module and program lie in a directory of their own: (server, directory).
sub installed_server {
    my (%option) = @_;
    my $directory = File::Temp::tempdir('t2mlog-installed-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $directory;
    install($directory, %TESTED);
    local $ENV{T2M_BUILD_DIR} = $directory;
    my $server = T2M::Server->new(conf => $ROOMY, %option);
    # Event crashes now and then as a process of an old generation ends, with any modules.
    $server->announce(qr/AH00052: child pid \d+ exit signal Segmentation fault/)
        if mpm() eq 'event';
    $server->start;
    settled($server, 5) or fail('a writer'); # before that a signal might end httpd
    return ($server, $directory);
}

# Rewrites the configuration in place.
sub reconfigure {
    my ($server, $from, $to) = @_;
    my $path = $server->root . '/httpd.conf';
    my $text = read_file($path);
    $text =~ s/$from/$to/ or die "$from is not in $path";
    write_file($path, $text);
    return;
}

sub ours {
    my ($server) = @_;
    my @supervisors = grep { role_of($_) eq 'supervise' } children($server->pid);
    my @writers = map { grep { role_of($_) eq 'writer' } children($_) } @supervisors;
    return (\@supervisors, \@writers);
}

# Waits for one supervisor with one writer that is not one of those named: (supervisor, writer).
sub settled {
    my ($server, $seconds, @old) = @_;
    my %old = map { ($_ => 1) } @old;
    my @now;
    wait_until($seconds, sub {
        my ($supervisors, $writers) = ours($server);
        @now = @$supervisors == 1 && @$writers == 1 ? ($supervisors->[0], $writers->[0]) : ();
        return @now && !grep { $old{$_} } @now;
    });
    return @now;
}

sub inode { return join ':', (stat $_[0])[0, 1] }

# How often the classic log has it.
sub said {
    my ($server, $pattern) = @_;
    my $count = () = $server->error_log =~ /$pattern/g;
    return $count;
}

# The code changes something while clients go on; afterwards the server is stopped and each
# answered request has one line in these files of access, whose numbers go on without a gap.
sub under_load {
    my ($server, $what, $change, %option) = @_;
    my $load = T2M::Load->start($server->port, path => '/index.html', clients => 2);
    sleep 0.2;
    $change->();
    sleep 0.3;
    my ($answered) = $load->stop;
    $option{before_stop}->() if $option{before_stop};
    ok($server->stop($option{signal}), "$what: the server stops");
    my @files = $option{files} ? @{ $option{files} } : ($server->log_dir . '/access.log');
    my @records = map { [T2M::Log->new($_)->records] } @files;
    my ($lost, $doubled) = T2M::Load::compare($answered, map { @$_ } @records);
    cmp_ok(scalar(keys %$answered), '>', 50, "$what: there was a load");
    # A process that is killed between answer and line has one that knows no query.
    my $cut = grep { ($_->{outcome} // '') =~ /^(?:worker_died|killed_at_stop)$/ && !$_->{query} }
        map { @$_ } @records;
    cmp_ok(scalar(@$lost), '<=', $cut, "$what: nothing is lost") or diag "@$lost";
    is_deeply($doubled, [], "$what: nothing is doubled");
    for my $file (@records) {
        my @seq = map { $_->{seq} } @$file;
        is_deeply(\@seq, [1 .. @seq], "$what: the numbers go on");
    }
    note "$what: " . keys(%$answered) . ' answered';
    return;
}

subtest 'another program' => sub {
    my ($server, $directory) = installed_server(name => 'program');
    my @old = settled($server, 5);
    under_load($server, 'program', sub {
        install($directory, t2mlog => $TESTED{t2mlog});
        isnt(inode("/proc/$old[1]/exe"), inode("$directory/t2mlog"), 'the file is another one');
        ok($server->graceful, 'a new generation');
        my @new = settled($server, 5, @old);
        ok(@new, 'with another supervisor and writer') or return;
        is(inode("/proc/$_/exe"), inode("$directory/t2mlog"), 'of the new file') for @new;
        ok(wait_until(3, sub { !grep { alive($_) } @old }), 'the old ones end');
        is(said($server, qr/T2M0115: .*another program/), 1, 'which is said');
        ok($server->graceful, 'another new generation');
        is_deeply([settled($server, 5)], \@new, 'without a change keeps both');
        is(said($server, qr/T2M0109|T2M0115/), 1, 'and nobody took the handover for a crash');
    });
};

subtest 'a program that cannot be used' => sub {
    my ($server, $directory) = installed_server(name => 'broken');
    $server->announce(qr/T2M0113|T2M0014/);
    my @old = settled($server, 5);
    my %broken = (
        'is missing' => sub { unlink "$directory/t2mlog" },
        'is no program' => sub { write_file("$directory/t2mlog", "no program\n", 0755) },
        'fails' => sub { write_file("$directory/t2mlog", "#!/bin/sh\nexit 1\n", 0755) },
    );
    $broken{'is of another version'} = sub { install($directory, t2mlog => $other->{t2mlog}) }
        if $other;
    my $errors = 0;
    for my $how (sort keys %broken) {
        unlink "$directory/t2mlog";
        $broken{$how}->();
        ok($server->graceful, "it $how: a new generation all the same");
        is_deeply([settled($server, 5)], \@old, "it $how: the old ones go on");
        is(said($server, qr/T2M0113: /), ++$errors, "it $how: one line says so");
    }
    sleep 1; # older than what is taken for sound
    under_load($server, 'broken', sub {
        kill 'KILL', @old;
        my @again = settled($server, 8, @old);
        ok(@again, 'killed, both come again') or return;
        like(readlink("/proc/$again[1]/exe") // '', qr/\(deleted\)/, 'from the file that ran');
        unlink "$directory/t2mlog";
        install($directory, t2mlog => $TESTED{t2mlog});
        ok($server->graceful, 'mended');
        my @new = settled($server, 5, @again);
        ok(@new && inode("/proc/$new[1]/exe") eq inode("$directory/t2mlog"), 'the new one runs');
    });
    like($server->error_log, qr/T2M0113: T2MLogProgram \S+ is of another version than the module/,
        'the reason is named') if $other;
};

subtest 'a start with a program that cannot be used' => sub {
    my $directory = File::Temp::tempdir('t2mlog-installed-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $directory;
    install($directory, %TESTED);
    write_file("$directory/t2mlog", "#!/bin/sh\nexit 1\n", 0755);
    local $ENV{T2M_BUILD_DIR} = $directory;
    my $server = T2M::Server->new(name => 'no start')->announce(qr/T2M0108|AH00020|AH00016/);
    $server->try_start;
    ok(wait_until(5, sub { $server->ended }), 'httpd does not start');
    is(said($server, qr/T2M0108: cannot start the writer: \S+ does not work/), 1, 'and says why');
};

subtest 'another user' => sub {
    plan skip_all => 'only root can start a program as another user' if $>;
    my ($name, undef, $uid) = server_user();
    my ($server) = installed_server(name => 'user', t2mlog => "T2MLog On\n# the user\n");
    $server->announce(qr/T2M0015|T2M0010/); # then the directory is another one's
    my @old = settled($server, 5);
    under_load($server, 'user', sub {
        ok($server->wait_for_lines('access', 1), 'root writes');
        chown $uid, -1, $server->log_dir, glob($server->log_dir . '/*');
        reconfigure($server, '# the user', "T2MLogUser $name");
        ok($server->graceful, 'a new generation');
        my @new = settled($server, 5, @old);
        ok(@new, 'with another writer') or return;
        ok(wait_until(3, sub { (T2M::Process::uid_of($new[1]) // -1) == $uid }), "as $name");
        my $lines = T2M::Log::count_lines($server->log_dir . '/access.log');
        ok($server->wait_for_lines('access', $lines + 10), 'who writes');
        reconfigure($server, "T2MLogUser $name", 'T2MLogUser nobody-of-that-name');
        ok($server->graceful, 'a user that does not exist: a new generation all the same');
        is_deeply([settled($server, 5)], \@new, 'with the same writer');
        is(said($server, qr/T2M0015/), 1, 'and a line that says so');
    });
};

subtest 'another directory' => sub {
    my ($server) = installed_server(name => 'directory', t2mlog => "T2MLog On\nT2MLogDir logs/a\n");
    my ($a, $b) = map { $server->root . "/logs/$_" } 'a', 'b';
    my @old = settled($server, 5);
    my $second = T2M::Server->new(name => 'second')->announce(qr/T2M0101|AH00020|AH00016/);
    my @new;
    my $try_both = sub {
        for my $held ($a, $b) {
            local $second->{t2mlog} = "T2MLog On\nT2MLogDir $held\n";
            $second->try_start;
            ok(wait_until(8, sub { $second->ended }), 'neither is free for a second server');
        }
        is(said($second, qr/T2M0101: .*: \Q$b\E \(its writer is process $new[1]\)/) > 0, 1,
            'which learns who has it') or diag $second->error_log;
    };
    under_load($server, 'directory', sub {
        reconfigure($server, 'T2MLogDir logs/a', 'T2MLogDir logs/b');
        ok($server->graceful, 'a new generation');
        @new = settled($server, 5, @old);
        ok(@new, 'with another writer') or return;
        ok(wait_until(5, sub { T2M::Log::count_lines("$b/access.log") > 10 }), 'writes there');
        # The writer has others for a moment, to bring names to the disk.
        cmp_ok(scalar(grep { $_ eq $b } values %{ descriptors($_) }), '>=', 1,
            'and holds the lock there') for @new;
    }, before_stop => $try_both, files => ["$a/access.log", "$b/access.log"]);
};

subtest 'the directory of another server' => sub {
    my ($server) = installed_server(name => 'intruder', t2mlog => "T2MLog On\n# the directory\n");
    my $owner = T2M::Server->new(name => 'owner')->start;
    get($owner->port, '/index.html?own');
    ok($owner->wait_for_lines('access', 1), 'another server has its directory');
    $server->announce(qr/T2M0101/);
    under_load($server, 'intruder', sub {
        reconfigure($server, '# the directory', 'T2MLogDir ' . $owner->log_dir);
        ok($server->graceful, 'a restart that wants it: a new generation all the same');
        is(said($server, qr/T2M0101: .*lines go where they went/), 1, 'which is told why not');
    });
    is(scalar(my @records = $owner->records('access')), 1, 'not one line stands there');
};

subtest 'standard output' => sub {
    my ($server) = installed_server(name => 'output',
        t2mlog => "T2MLog On\nT2MLogFile access access.log\n");
    my @old = settled($server, 5);
    get($server->port, '/index.html?file');
    reconfigure($server, 'T2MLogFile access access.log', 'T2MLogFile access /dev/stdout');
    ok($server->graceful, 'a new generation');
    # A worker of before may still take a request, and logs it as it was configured.
    ok(wait_until(20, sub {
        get($server->port, '/index.html?output');
        wait_until(1, sub { $server->output =~ /"query":"output".*"stream":"access"/ });
    }), 'what was not handed over at the start is now');
    my @new = settled($server, 5);
    isnt("@new", "@old", 'to another supervisor');
    ok($server->graceful, 'another one');
    is_deeply([settled($server, 5)], \@new, 'keeps it');
};

subtest 'another layout of the memory' => sub {
    plan skip_all => 'module and program of another layout were not built: make check' if !$other;
    my ($server, $directory) = installed_server(name => 'layout', modules => ['cgi'],
        conf => qq{${ROOMY}ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"\n});
    my @old = settled($server, 5);
    my $slow = T2M::Client->new($server->port);
    under_load($server, 'layout', sub {
        $slow->put("GET /cgi-bin/slow.pl?1 HTTP/1.1\r\nHost: a\r\n\r\n");
        sleep 0.3;
        install($directory, %$other);
        ok($server->graceful, 'a new generation');
        is(said($server, qr/T2M0104: .*layout 5 and this version's has 6/), 1, 'one line says so')
            or diag $server->error_log;
        my ($supervisors, $writers) = ours($server);
        is_deeply([scalar(@$supervisors), @$writers], [2, $old[1]],
            'the old writer is at work, and the new supervisor has none yet');
        is(memories($server->pid)->{slots}{fd}, 1, 'the parent has let go of the old memory');
        is($slow->read_answer(8)->{status}, 200, 'a slow request of before comes to its end');
        my @new = settled($server, 10, @old);
        ok(@new, 'then the old ones end, and the new writer begins') or return;
        is(inode("/proc/$new[1]/exe"), inode("$directory/t2mlog"), 'of the new program');
        ok($server->graceful, 'another generation');
        is_deeply([settled($server, 5)], \@new, 'keeps it');
        install($directory, %TESTED);
        ok($server->graceful, 'and back again');
        ok(scalar settled($server, 10, @new), 'the same way');
    });
    is(said($server, qr/T2M0104/), 2, 'each change is told once');
};

subtest 'a module without its program' => sub {
    plan skip_all => 'module and program of another layout were not built: make check' if !$other;
    my ($server, $directory) = installed_server(name => 'half');
    $server->announce(qr/T2M0108/);
    my @old = settled($server, 5);
    under_load($server, 'half', sub {
        install($directory, 'mod_t2mlog.so' => $other->{'mod_t2mlog.so'});
        ok($server->graceful, 'half an upgrade: a new generation all the same');
        is(said($server, qr/T2M0108: .*is of another version than the module; lines wait/), 1,
            'which says what is missing') or diag $server->error_log;
        sleep 0.5;
        install($directory, t2mlog => $other->{t2mlog});
        ok($server->graceful, 'the other half');
        ok(scalar settled($server, 10, @old), 'and what waited is written');
    });
};

# What the parent holds: kinds of descriptors with their number, and mappings of ours.
sub holdings {
    my ($server) = @_;
    my %kinds;
    $kinds{ s/\[\d+\]//r }++ for values %{ descriptors($server->pid) };
    $kinds{"mapped $_"} = mapped($server->pid, qr/$_/) for 't2mlog-slots', 't2mlog-board',
        'mod_t2mlog';
    $kinds{processes} = grep { role_of($_) } descendants($server->pid);
    return \%kinds;
}

subtest 'again and again' => sub {
    my $host = "<VirtualHost *:\@PORT\@>\nServerName other.example\nT2MLog On\n"
        . "T2MLogFile access other.log\n</VirtualHost>\n";
    my ($server, $directory) = installed_server(name => 'cycles', conf => '',
        t2mlog => "T2MLog On\n# more\n");
    my ($name) = read_file($server->root . '/httpd.conf') =~ /^(LoadModule t2mlog_module .*)$/m;
    my @changes = (
        ['# more', "T2MLogFile performance off\n# more"],
        ['T2MLogFile performance off\n', ''],
        ['# more', "T2MLogDir logs/elsewhere\n# more"],
        ['T2MLogDir logs/elsewhere\n', ''],
        ['# more', $server->expand($host) . '# more'],
        ['<VirtualHost.*</VirtualHost>\n', ''],
        [quotemeta("$name\nT2MLog On\n"), "# gone\n"],
        ['# gone\n', "$name\nT2MLog On\n"],
    );
    my $turn = sub {
        for my $change (@changes) {
            my ($from, $to) = @$change;
            reconfigure($server, "(?s)$from", $to);
            $server->graceful or return 0;
            install($directory, t2mlog => $TESTED{t2mlog}) if $from =~ /performance/;
        }
        return 1;
    };
    ok($turn->(), 'everything changes and changes back');
    ok(wait_until(5, sub { settled($server, 1) }), 'one supervisor, one writer');
    my $before = holdings($server);
    my $turns = 0;
    my $rounds = int($CYCLES / @changes) || 1;
    $turns += $turn->() for 1 .. $rounds;
    is($turns, $rounds, "$rounds times " . @changes . ' restarts');
    ok(wait_until(5, sub { settled($server, 1) }), 'one supervisor, one writer');
    is_deeply(holdings($server), $before, 'nothing is left behind in the parent');
    get($server->port, '/index.html?last');
    ok($server->wait_for_lines('access', sub { grep { ($_->{query} // '') eq 'last' } @_ }),
        'and it logs');
};

# httpd forgets a signal that comes while it restarts, and says that it does only when its workers
# are gone, which may take seconds: waits until it has been idle for as long.
sub idle {
    my ($server) = @_;
    my ($seen, $since) = ('', time);
    return wait_until(30, sub {
        my $now = $server->generations . '/'
            . said($server, qr/SIG(?:HUP|USR1) received|Graceful restart req/);
        ($seen, $since) = ($now, time) if $now ne $seen;
        return time - $since > 3 && $now =~ m{^(\d+)/(\d+)$} && $1 == $2 + 1;
    });
}

subtest 'signals in quick succession' => sub {
    for my $signal (qw(USR1 HUP)) {
        my ($server) = installed_server(name => "quick $signal");
        my @old = settled($server, 5);
        $server->announce(qr/AH00045|AH00046/);
        under_load($server, "$signal x 20", sub {
            my $before = $server->generations;
            for (1 .. 20) {
                kill $signal, $server->pid;
                sleep 0.03;
            }
            ok(idle($server) && $server->generations > $before && $server->answers,
                "$signal x 20: it serves");
            is_deeply([settled($server, 5)], \@old, "$signal x 20: the same writer");
        }, signal => $signal eq 'USR1' ? 'WINCH' : 'TERM');
    }
};

subtest 'a parent that is killed' => sub {
    my ($server) = installed_server(name => 'orphans');
    my @ours = settled($server, 5);
    my @workers = grep { !role_of($_) } children($server->pid);
    my $load = T2M::Load->start($server->port, path => '/index.html', clients => 3);
    sleep 0.3;
    kill 'KILL', $server->pid;
    ok(wait_until(5, sub { $server->ended }), 'the parent is gone');
    sleep 0.5;
    my ($answered) = $load->stop;
    my $next = T2M::Server->new(name => 'next', t2mlog => "T2MLog On\nT2MLogDir " . $server->log_dir
        . "\n")->announce(qr/T2M0101|AH00020|AH00016/);
    $next->try_start;
    ok(wait_until(8, sub { $next->ended }), 'while its orphans serve nobody takes their directory');
    like($next->error_log . $next->output, qr/T2M0101: .*\(its writer is process $ours[1]\)/,
        'and the message names who has it');
    kill 'STOP', $ours[1];
    kill 'KILL', @workers;
    my $delay = fork // die "fork: $!";
    if (!$delay) {
        sleep 1;
        kill 'CONT', $ours[1];
        POSIX::_exit(0);
    }
    ok($next->try_start, 'the next server, started at once, waits until their writer is done');
    waitpid $delay, 0;
    ok(wait_until(2, sub { !grep { alive($_) } @ours }), 'who is gone then');
    ok($next->stop, 'and stops');
    my ($lost, $doubled) = T2M::Load::compare($answered,
        T2M::Log->new($server->log_dir . '/access.log')->records);
    is_deeply($lost, [], 'what orphans answered is not lost');
    is_deeply($doubled, [], 'nor doubled');
    note scalar(keys %$answered), ' answered';
};

finish();
