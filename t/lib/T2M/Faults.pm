# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# A server under load to which harm is done, for t/47-faults.t and bench/faults. The same faults
# befall each of three systems: mod_t2mlog, httpd's CustomLog into a file, and CustomLog into piped
# rotatelogs.
#
#   my $run = T2M::Faults->new(system => 't2mlog', mpm => 'event', seed => 7);
#   my $result = $run->kill_workers(kills => 20, every => 0.25);
#
# A result is a hash of figures; problems() names what does not hold of it. A fault that a system
# cannot suffer, as it has no such process, gives undef.
package T2M::Faults;
use strict;
use warnings;
use Exporter 'import';
use File::Path qw(remove_tree);
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

use T2M::Admin qw(admin_conf admin_files ask body);
use T2M::Httpd qw(run source_dir tool);
use T2M::Ledger qw(compiled_tool count files_of ledger_problems);
use T2M::Module;
use T2M::Process qw(alive children command_line descendants descriptors role_of wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server ();

our @EXPORT_OK = qw(problems missing_tools);

my $slow_module;
my (@mounted, %loads);

# A test that dies leaves neither a load nor a mount behind.
END {
    my $status = $?;
    kill 'KILL', keys %loads;
    run('umount', '-l', $_) for @mounted;
    $? = $status;
}

sub load_client {
    return compiled_tool('load', 't/clients/load.c', source_dir() . '/t/clients/durations.c');
}

# What this machine lacks for any of it; empty when nothing.
sub missing_tools {
    my @missing;
    push @missing, 'a C compiler' if !defined eval { load_client() };
    push @missing, 'jansson' if !@missing
        && !eval { compiled_tool('ledger', 't/clients/ledger.c', '-ljansson') };
    $slow_module //= eval { T2M::Module::compiled('t/module/mod_t2mlog_slow.c') };
    push @missing, 'apxs' if !$slow_module;
    return @missing;
}

# ---- the server ----------------------------------------------------------------------------------

my $SITE = <<'CONF';
<Location "/slow">
SetHandler t2mlog-slow
</Location>
MaxKeepAliveRequests 0
KeepAliveTimeout 15
MaxConnectionsPerChild 0
CONF

# The client's own ids are in every line, also in those of requests whose process died.
my $OURS = "T2MLogRequestID trust=127.0.0.1\n";

my $FORMAT = 'LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" load' . "\n";

# As many processes from the beginning as there will ever be, apart from those of an older
# generation that still end.
sub limits {
    my ($mpm, $processes) = @_;
    if ($mpm eq 'prefork') { # a process for each connection, those of old generations too
        my ($begin, $most) = $processes ? ($processes, $processes) : (48, 120);
        return "ServerLimit $most\nMaxRequestWorkers $most\nStartServers $begin\n"
            . "MinSpareServers 8\nMaxSpareServers $most\n";
    }
    $processes = 4 if !$processes || $processes == 16;
    my $threads = 16 * $processes;
    return 'ServerLimit ' . 4 * $processes . "\nThreadsPerChild 16\nMaxRequestWorkers $threads\n"
        . "StartServers $processes\nMinSpareThreads $threads\nMaxSpareThreads $threads\n";
}

sub log_lines {
    my ($self) = @_;
    my $path = '@ROOT@/logs/t2mlog/access.log';
    return $OURS . ($self->{guard} ? '' : "T2MLogMinFree 0\n") . admin_conf() if $self->is_ours;
    return qq{${FORMAT}CustomLog "$path" load\n} if $self->{system} eq 'customlog';
    my $program = tool('rotatelogs') // die "rotatelogs is not installed\n";
    return qq{${FORMAT}CustomLog "|$program $path $self->{rotate}" load\n};
}

# system, mpm, seed, name; rate, connections of the load; conf: more lines for mod_t2mlog; guard:
# T2MLogMinFree is as it is by default; rotate: what rotatelogs rotates by; limit: the size that
# files may have; processes; tmpfs: the size of a file system of its own for the logs; fault,
# fault_ms: T2M_FAULT and T2M_FAULT_MS of t/shim/faults.c.
sub new {
    my ($class, %option) = @_;
    my $self = bless { system => 't2mlog', mpm => 'event', seed => 1, conf => '', rotate => 86400,
        rate => 5000, connections => 16, %option }, $class;
    $slow_module //= T2M::Module::compiled('t/module/mod_t2mlog_slow.c');
    my $ours = $self->is_ours;
    $self->{server} = T2M::Server->new(name => $self->{name} // $self->{system},
        mpm => $self->{mpm}, t2mlog => $ours ? 'T2MLog On' : undef,
        files => $ours ? { admin_files() } : {},
        conf => qq{LoadModule t2mlog_slow_module "$slow_module"\n} . $SITE
            . limits($self->{mpm}, $self->{processes}) . $self->log_lines
            . ($ours ? $self->{conf} : ''));
    # What httpd says of a load that wants all its processes.
    $self->server->announce(qr/AH10159|AH00161|AH00484|AH00286|AH00287|AH03490|AH00485/);
    mkdir $self->directory, 0750;
    $self->mount if $self->{tmpfs};
    $self->start;
    return $self;
}

sub is_ours { return $_[0]{system} eq 't2mlog' }
sub server { return $_[0]{server} }
sub directory { return $_[0]{server}->log_dir }
sub live_file { my ($self) = @_; return (files_of($self->directory, 'access.log'))[-1] }

sub start {
    my ($self) = @_;
    local %ENV = %ENV;
    if ($self->{fault}) {
        my $shim = compiled_tool('faults.so', 't/shim/faults.c', '-ldl');
        $ENV{T2M_PRELOAD} = join ' ', $ENV{T2M_PRELOAD} // (), $shim;
        $ENV{T2M_FAULT} = $self->{fault};
        $ENV{T2M_FAULT_MS} = $self->{fault_ms} // 0;
        $ENV{T2M_FAULT_COUNT} = $self->server->root . '/counts';
        write_file($ENV{T2M_FAULT_COUNT}, "\0" x 64, 0666);
        $ENV{T2M_FAULT_PATH} = $self->is_ours ? '.log' : 'access.log';
        $ENV{T2M_FAULT_ROLE} = 'writer' if $self->is_ours;
    }
    $self->is_ours ? T2M::Admin::start($self->server) : $self->server->start;
}

sub mount {
    my ($self) = @_;
    my $directory = $self->directory;
    my ($code, $output) = run('mount', '-t', 'tmpfs', '-o', "size=$self->{tmpfs},mode=0750",
        'tmpfs', $directory);
    die "no tmpfs here: $output" if $code;
    push @mounted, $directory;
}

# Leaves the last lines of each file and no rotated ones: T2M::Server->finish looks at their shape.
sub keep_sample {
    my ($self, $count) = @_;
    unlink glob($self->directory . '/*.log.*');
    for my $file (glob($self->directory . '/*.log')) {
        my @lines = split /^/, read_file($file);
        splice @lines, 0, @lines - $count if @lines > $count;
        write_file($file, join '', @lines);
    }
}

# Removes the files; the server has ended.
sub close {
    my ($self) = @_;
    my $directory = $self->directory;
    run('umount', '-l', $directory) if grep { $_ eq $directory } @mounted;
    @mounted = grep { $_ ne $directory } @mounted;
    remove_tree($self->server->root, { error => \my $ignored }) if !$ENV{T2M_KEEP};
}

sub grow_disk {
    my ($self, $size) = @_;
    my ($code, $output) = run('mount', '-o', "remount,size=$size", $self->directory);
    die "remount: $output" if $code;
}

# ---- its processes -------------------------------------------------------------------------------

sub is_piped { return command_line($_[0]) =~ m{(?:^|/|\s)rotatelogs\s} }

sub workers {
    my ($self) = @_;
    return grep { !role_of($_) && !is_piped($_) } children($self->server->pid);
}

# The process that writes the lines; none with a plain CustomLog.
sub writer {
    my ($self) = @_;
    return (grep { is_piped($_) } descendants($self->server->pid))[-1]
        if $self->{system} eq 'rotatelogs';
    $self->{supervisor} = (grep { role_of($_) eq 'supervise' } children($self->server->pid))[0]
        if !$self->{supervisor} || !alive($self->{supervisor});
    return $self->{supervisor}
        && (grep { role_of($_) eq 'writer' } children($self->{supervisor}))[0];
}

# ---- the load ------------------------------------------------------------------------------------

# slow: so many one-second requests a second in addition.
sub start_load {
    my ($self, %option) = @_;
    my $load = load_client();
    my $root = $self->server->root;
    my @pools = ("/index.html,$self->{rate},$self->{connections}");
    push @pools, "/slow/1000,$option{slow}," . int(1.25 * $option{slow}) if $option{slow};
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open(STDOUT, '>', "$root/load.json");
        exec($load, $self->server->port, $self->{seed}, $option{seconds} // 3600,
            "$root/received", @pools) or POSIX::_exit(127);
    }
    $self->{load} = $pid;
    $loads{$pid} = 1;
    $self->{load_started} = time;
    sleep 0.5;
}

# Waits for the load's own end when it is told to last, else ends it.
sub end_load {
    my ($self, $wait) = @_;
    kill 'TERM', $self->{load} if !$wait;
    waitpid($self->{load}, 0);
    delete $loads{ delete $self->{load} };
    my $text = read_file($self->server->root . '/load.json');
    $self->{summary} = eval { JSON::PP->new->decode($text) } // die "load: $text";
}

# ---- what came of it -----------------------------------------------------------------------------

# Asks for the ledger until nothing waits any more; the last answer.
sub settled_health {
    my ($self) = @_;
    my $health;
    wait_until(30, sub {
        $health = body(ask($self->server, '/health')) // return 0;
        return ($health->{balanced} // 0)
            && !grep { $_->{waiting} > 1 } values %{ $health->{ledger} };
    });
    # Its own lines are on their way in that answer; now they are not.
    return $health;
}

# Ends load and server and counts: {lost, doubled, torn, ...}, with further figures.
sub result {
    my ($self, %more) = @_;
    $self->end_load if $self->{load};
    my $server = $self->server;
    my $health = $self->is_ours ? $self->settled_health : undef;
    my $in_time = $server->stop;
    my %counts = (access => $self->count_stream('access'));
    my %result = (%{ $counts{access} }, system => $self->{system}, mpm => $self->{mpm},
        seed => $self->{seed}, stopped => $in_time, summary => $self->{summary},
        (map { ($_ => $self->{summary}{all}[0]{$_}) } qw(sent failed retried refused)), %more);
    $result{unanswered} = $result{failed} + $result{retried} + $self->{summary}{unanswered};
    if ($health) {
        $counts{$_} = $self->count_stream($_) for qw(performance app errors security);
        $result{performance} = $counts{performance};
        $result{health} = $health;
        $result{ledger} = [ledger_problems($health, %counts), stream_problems(%counts)];
    }
    return \%result;
}

my %FILE = (app => 'talk2me.log', errors => 'errors.log', access => 'access.log',
    security => 'security.log', performance => 'performance.log');

sub count_stream {
    my ($self, $stream) = @_;
    my @files = files_of($self->directory, $FILE{$stream});
    return count(format => $self->is_ours ? 'json' : 'plain', seed => $self->{seed},
        received => $self->server->root . '/received', limit => $self->{limit}, files => \@files);
}

# What is wrong with the other streams: they are to be whole and numbered through as well.
sub stream_problems {
    my (%counts) = @_;
    my @problems;
    for my $stream (sort keys %counts) {
        my $of = $counts{$stream};
        push @problems, map { "$stream: $_ $of->{$_}" }
            grep { $of->{$_} } $stream eq 'access' ? () : qw(torn doubled holes seq_back gap_wrong);
    }
    return @problems;
}

# What does not hold of a result. missing: how many lines may be missing where gaps name them.
sub problems {
    my ($result, %may) = @_;
    my @problems;
    my $named = $may{gap} ? $result->{gap_count} : 0;
    # A request without an answer can be among those that a gap names.
    push @problems, "lost $result->{lost}, named $result->{gap_count}"
        if $result->{lost} > $named || ($result->{lost} < $named
            && $named - $result->{lost} > $result->{unanswered} + $result->{refused});
    push @problems, map { "$_ $result->{$_}" }
        grep { $result->{$_} } qw(doubled torn seq_back holes gap_wrong);
    push @problems, "gaps name $result->{gap_count} lines" if !$may{gap} && $result->{gap_count};
    push @problems, 'httpd did not stop in time' if !$result->{stopped};
    return (@problems, @{ $result->{ledger} // [] }, @{ $result->{wrong} // [] });
}

# ---- faults --------------------------------------------------------------------------------------

# Row 1: kill -9 of a random worker again and again.
sub kill_workers {
    my ($self, %option) = @_;
    $self->server->announce(qr/AH00052|exit signal|AH00051/);
    srand $self->{seed};
    $self->start_load(slow => $option{slow});
    my ($killed, $end) = (0, time + 60 + 4 * $option{kills} * $option{every});
    while ($killed < $option{kills} && time < $end) {
        my @workers = $self->workers;
        $killed += kill 'KILL', $workers[rand @workers] if @workers;
        sleep $option{every} * (0.5 + rand);
    }
    wait_until(5, sub { $self->workers });
    sleep 1.2; # until the parent has looked after its children
    return $self->result(kills => $killed);
}

# Milliseconds from the kill of the writer to the next line in a file, asked each millisecond.
sub milliseconds_until_back {
    my ($self, $writer) = @_;
    my $file = $self->live_file;
    my $killed = time;
    kill 'KILL', $writer;
    wait_until(5, sub { !alive($writer) });
    my $before = size_of($file);
    while (time < $killed + 10) {
        return 1000 * (time - $killed) if size_of($file) ne $before;
        sleep 0.001;
    }
    return 10000;
}

sub size_of { my @stat = stat $_[0]; return "@stat[1, 7]" }

# Row 2: kill -9 of whoever writes.
sub kill_writer {
    my ($self, %option) = @_;
    return undef if $self->{system} eq 'customlog';
    srand $self->{seed};
    $self->start_load;
    my @back;
    for (1 .. $option{kills}) {
        my $writer = wait_until(10, sub { $self->writer }) or last;
        push @back, $self->milliseconds_until_back($writer);
        sleep $option{every} * (0.5 + rand);
    }
    my @sorted = sort { $a <=> $b } @back;
    my @wrong = @back < $option{kills} ? ('only ' . @back . ' kills') : ();
    return $self->result(kills => scalar @back, back_ms => $sorted[-1], wrong => \@wrong,
        back_median_ms => $sorted[@sorted / 2], back_late => scalar(grep { $_ > 100 } @back));
}

# Row 3: graceful restarts while some requests take a second.
sub graceful {
    my ($self, %option) = @_;
    $self->server->announce(qr/AH00052: child pid \d+ exit signal Segmentation fault/);
    $self->start_load(slow => $option{slow});
    for (1 .. $option{restarts}) {
        kill 'USR1', $self->server->pid;
        sleep $option{every};
    }
    sleep 1.5; # until the last old process is gone
    return $self->result(restarts => $self->server->generations - 1);
}

# Row 4: rotation by size. new() was given what makes each system rotate.
sub rotate {
    my ($self, %option) = @_;
    $self->start_load;
    sleep $option{seconds};
    my $result = $self->result;
    my @numbers = sort { $a <=> $b } map { /\.(\d+)$/ ? $1 : () }
        glob($self->directory . '/access.log.*');
    if ($self->is_ours) {
        push @{ $result->{wrong} }, 'the files are not numbered through'
            if "@numbers" ne join ' ', 1 .. @numbers;
        push @{ $result->{wrong} }, "$result->{over_limit} files over the limit"
            if $result->{over_limit};
    }
    return $result;
}

# Row 5: the file system of the logs is full; new() was given a small one.
sub full_disk {
    my ($self, %option) = @_;
    $self->server->announce(qr/AH00646|No space left|AH00089|T2M0201|T2M0203|T2M0211/);
    $self->start_load;
    wait_until(10, sub { free_kib($self->directory) < 16 });
    sleep $option{seconds};
    my $before = whole_lines($self->live_file);
    my $size = size_of($self->live_file);
    my $freed = time;
    $self->grow_disk('1g');
    my $resumed = wait_until(20, sub { size_of($self->live_file) ne $size && time - $freed });
    sleep 2;
    my $result = $self->result(resumed => $resumed || 'never', on_disk => length $before);
    my @wrong;
    push @wrong, 'resumed: ' . $result->{resumed} if !$resumed || $resumed > 5;
    push @wrong, 'what stood in the file was changed'
        if index($self->all_bytes, $before) != 0;
    push @wrong, "$result->{failed} requests failed, $result->{refused} were not 200"
        if $result->{failed} || $result->{refused};
    $result->{wrong} = \@wrong;
    return $result;
}

sub all_bytes {
    my ($self) = @_;
    return join '', map { read_file($_) } files_of($self->directory, 'access.log');
}

sub free_kib {
    my (undef, $text) = run('df', '-Pk', $_[0]);
    return (split ' ', (split /\n/, $text)[-1])[3];
}

sub whole_lines { my $text = read_file($_[0]); $text =~ s/[^\n]*\z//; return $text }

# Row 6: calls that fail; new() was given the fault.
sub failing_calls {
    my ($self, %option) = @_;
    $self->server->announce(qr/AH00646|AH00089|T2M02\d\d/);
    $self->start_load;
    sleep $option{seconds};
    my $result = $self->result;
    my ($calls) = unpack 'Q', read_file($self->server->root . '/counts');
    $result->{failed_calls} = $calls;
    push @{ $result->{wrong} }, 'no call failed' if !$calls;
    return $result;
}

# Row 8: the writer is stopped for a while.
sub stop_writer {
    my ($self, %option) = @_;
    return undef if $self->{system} eq 'customlog';
    $self->server->announce(qr/T2M0203/);
    $self->start_load;
    sleep $option{before};
    my $writer = $self->writer;
    my $from = time - $self->{load_started};
    kill 'STOP', $writer;
    sleep $option{seconds};
    my $to = time - $self->{load_started};
    kill 'CONT', $writer;
    sleep $option{after};
    my $result = $self->result;
    my $full = $from + $self->seconds_until_full($result, $from, $to - $from);
    $result->{until_full} = $full - $from;
    $result->{p99_before} = p99($result, 1, $from);
    $result->{p99_stopped} = p99($result, $from + 1, $full - 1);
    $result->{p99_full} = p99($result, $full + 1, $to);
    return $result;
}

# How long after the stop the first record was dropped; all the time when none was. Numbers are
# given to requests as they are sent.
sub seconds_until_full {
    my ($self, $result, $from, $lasted) = @_;
    my $full = ($result->{first_lost} // return $lasted) / $self->{rate} - $from;
    return $full < 0 ? 0 : $full < $lasted ? $full : $lasted;
}

# Of the seconds of the load from one to the other: the median of their p99, in milliseconds.
sub p99 {
    my ($result, $from, $to) = @_;
    my $seconds = $result->{summary}{seconds};
    my $last = POSIX::ceil($to) - 1;
    $last = $#$seconds if $last > $#$seconds;
    my @values = sort { $a <=> $b } map { $seconds->[$_]{p99} / 1000 } POSIX::ceil($from) .. $last;
    return @values ? $values[@values / 2] : undef;
}

# Row 10: the same number of bytes after any number of requests.
sub steady {
    my ($self, %option) = @_;
    $self->start_load(seconds => $option{requests} / $self->{rate});
    my @samples;
    my $end = time + $option{requests} / $self->{rate};
    while (time < $end - 1) {
        push @samples, $self->sample;
        sleep 1;
    }
    $self->end_load('wait');
    my $first = least(@samples[@samples / 2 - 4 .. @samples / 2]);
    my $last = least(@samples[-5 .. -1]);
    my $result = $self->result;
    $result->{growth} = { map { ($_ => $first->{$_}[0]
            ? 100 * ($last->{$_}[0] / $first->{$_}[0] - 1) : 0) } keys %$first };
    $result->{descriptors} = { map { ($_ => $last->{$_}[1] - $first->{$_}[1]) } keys %$first };
    # Memory grows until each ring was gone round once: that of a process with one busy connection
    # takes half a minute.
    push @{ $result->{wrong} }, map { sprintf '%s grew by %.1f %%', $_, $result->{growth}{$_} }
        grep { abs $result->{growth}{$_} > 2 && $option{requests} >= 500000 }
        sort keys %{ $result->{growth} };
    push @{ $result->{wrong} }, map { "descriptors of $_: $result->{descriptors}{$_} more" }
        grep { $result->{descriptors}{$_} > 0 } sort keys %{ $result->{descriptors} };
    return $result;
}

# {workers, writer => [RSS in KiB, descriptors]} of all of them together.
sub sample {
    my ($self) = @_;
    my %of = (workers => [$self->workers], writer => [$self->writer // ()]);
    delete $of{writer} if !@{ $of{writer} };
    return { map { my @pids = @{ $of{$_} }; ($_ => [T2M::Ledger::sum(map { rss($_) } @pids),
        T2M::Ledger::sum(map { scalar keys %{ descriptors($_) } } @pids)]) } keys %of };
}

# Of samples one after the other what they have at least: a file being served is open for a moment.
sub least {
    my @samples = @_;
    my %least;
    for my $sample (@samples) {
        for my $who (keys %$sample) {
            for my $i (0, 1) {
                my $value = $sample->{$who}[$i];
                $least{$who}[$i] = $value if !defined $least{$who}[$i] || $value < $least{$who}[$i];
            }
        }
    }
    return \%least;
}

sub rss { return read_file("/proc/$_[0]/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : 0 }

1;
