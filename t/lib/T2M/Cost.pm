# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# What one request costs a server: instructions, system calls, CPU time of all its processes, bytes
# of logs. For t/50-cost.t and bench/requests.
#
#   my $server = T2M::Cost->new(count => 'instructions', conf => ...)->start;
#   my $load = load($server->port, request('/1k.txt'));
#   my ($instructions, $functions) = $server->instructions_per_request($load);
#
# A load is code that sends as many requests as it is told and dies when one is not answered as it
# ought to be. What is counted is the difference between a few requests and many, so that neither
# the server's start nor that of a connection is in it.
package T2M::Cost;
use strict;
use warnings;
use parent -norequire, 'T2M::Server';
use Exporter 'import';
use File::Find ();
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(sleep);

use T2M::Httpd qw(run tool);
use T2M::Process qw(alive children command_line descendants role_of wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server ();

our @EXPORT_OK = qw(request load load_http2 median quantile sum_of);

my $USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) '
    . 'Chrome/120.0.0.0 Safari/537.36';
my @HEADERS = ('Host: localhost', "User-Agent: $USER_AGENT", 'Accept: */*');

# ---- servers -------------------------------------------------------------------------------------

# As T2M::Server->new; count: 'instructions' starts it below callgrind, as one process, which an
# ordinary user must be, since callgrind opens its file when it is no longer root.
sub new {
    my ($class, %option) = @_;
    if ($option{count}) {
        %option = (%option, mode => 'single', files => { %{ $option{files} // {} },
            'callgrind/README' => "dumps\n" });
        $option{as} //= (T2M::Httpd::server_user())[0] if $> == 0;
    }
    return T2M::Server::new($class, %option);
}

# What a server of another kind overrides.
sub server_command { my ($self, @more) = @_; return $self->SUPER::command(@more) }

sub command {
    my ($self, @more) = @_;
    my @command = $self->server_command(@more);
    return $self->{count} ? ($self->callgrind, @command) : @command;
}

# Callgrind writes what it has counted and begins anew whenever the server comes to one of the
# marks, functions that nothing but the request of mark() leads to: in httpd OPTIONS.
sub callgrind {
    my ($self) = @_;
    return (tool('valgrind') // die("valgrind is not installed\n"), '--tool=callgrind', '-q',
        '--child-silent-after-fork=yes', "--callgrind-out-file=$self->{root}/callgrind/out.%p",
        map { "--dump-before=$_" } @{ $self->{marks} // ['ap_send_http_options'] });
}

# ---- loads ---------------------------------------------------------------------------------------

# The text of a request as a browser would send it.
sub request {
    my ($path, @headers) = @_;
    return join "\r\n", "GET $path HTTP/1.1", @HEADERS, @headers, '', '';
}

sub connect_to {
    my ($port) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port)
        // die "connect: $!\n";
    setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1);
    return $socket;
}

# True when these bytes are a whole answer.
sub is_whole {
    my ($data) = @_;
    my $head = index($data, "\r\n\r\n");
    return 0 if $head < 0;
    my ($length) = substr($data, 0, $head) =~ /^Content-Length: (\d+)/mi;
    return length $data >= $head + 4 + $length if defined $length;
    return substr($data, -5) eq "0\r\n\r\n"; # chunked
}

# Reads one answer and dies when it has another status.
sub read_answer {
    my ($socket, $status) = @_;
    my $data = '';
    while (!is_whole($data)) {
        sysread($socket, $data, 65536, length $data) or die "connection closed: $! $data\n";
    }
    die "not $status: $data\n" if substr($data, 9, 3) ne $status;
}

# The same request again and again over so many connections: on each of them one, then all answers.
# status: what is expected, 200.
sub load {
    my ($port, $text, %option) = @_;
    my ($connections, $status) = ($option{connections} // 1, $option{status} // 200);
    return bounded(sub {
        my ($count) = @_;
        my @sockets = map { connect_to($port) } 1 .. $connections;
        for (my $sent = 0; $sent < $count; $sent += @sockets) {
            splice @sockets, $count - $sent if @sockets > $count - $sent;
            syswrite($_, $text) // die "write: $!\n" for @sockets;
            read_answer($_, $status) for @sockets;
        }
    });
}

# The code, that dies when it takes longer than a minute.
sub bounded {
    my ($code) = @_;
    return sub {
        my @arguments = @_;
        local $SIG{ALRM} = sub { die "no answer in time\n" };
        alarm 60;
        my $done = eval { $code->(@arguments); 1 };
        my $problem = $@;
        alarm 0;
        die $problem if !$done;
    };
}

# The same over HTTP/2 without TLS, by h2load.
sub load_http2 {
    my ($port, $path, %option) = @_;
    my $h2load = tool('h2load') // die "h2load is not installed\n";
    my @headers = map { ('-H', $_) } @HEADERS[1 .. $#HEADERS];
    return bounded(sub {
        my ($count) = @_;
        my (undef, $output) = run($h2load, '-n', $count, '-c', $option{connections} // 1, '-m', 1,
            '-T', 10, '-N', 10, @headers, "http://127.0.0.1:$port$path");
        die "h2load: $output" if $output !~ /\b$count succeeded/ || $output !~ /\b$count 2xx/;
    });
}

# ---- instructions --------------------------------------------------------------------------------

# Has the counts written and begun anew; the file of those up to now.
sub mark {
    my ($self) = @_;
    my $number = ++$self->{dumps};
    my $socket = connect_to($self->port);
    my $request = $self->{mark} ? "GET $self->{mark}" : 'OPTIONS /';
    syswrite($socket, "$request HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    my $answer = do { local $/; <$socket> };
    my $file = "$self->{root}/callgrind/out.$self->{pid}.$number";
    wait_until(10, sub { -s $file }) or die "callgrind wrote nothing\n";
    return $file;
}

# What a dump of callgrind counts in each function itself: {"name [object]" => instructions}.
sub functions_of {
    my ($file) = @_;
    my (%name, %count, $object, $function, $skip);
    open(my $handle, '<', $file) or die "$file: $!";
    while (my $line = <$handle>) {
        if ($line =~ /^(c?)(ob|fn)=\((\d+)\)(?: (.*))?$/) {
            my ($called, $what, $number, $name) = ($1, $2, $3, $4);
            $name{$what}{$number} = $name =~ s{.*/}{}r if defined $name;
            $object = $name{ob}{$number} if !$called && $what eq 'ob';
            $function = "$name{fn}{$number} [$object]" if !$called && $what eq 'fn';
        }
        elsif ($line =~ /^calls=/) { $skip = 1 }
        elsif ($line =~ /^[-+*\d]\S* (\d+)$/) {
            $count{$function} += $1 if !$skip;
            $skip = 0;
        }
    }
    return \%count;
}

# The instructions of a request, and {function => instructions} of those that have any.
sub instructions_per_request {
    my ($self, $load, %option) = @_;
    my ($few, $many) = ($option{few} // 100, $option{many} // 600);
    $self->mark;
    my @counts = map { $load->($_); functions_of($self->mark) } $few, $many;
    my (%each, $sum);
    for my $name (keys %{ $counts[1] }) {
        $each{$name} = ($counts[1]{$name} - ($counts[0]{$name} // 0)) / ($many - $few);
        $sum += $each{$name};
    }
    unlink glob("$self->{root}/callgrind/out.*");
    return ($sum, \%each);
}

# ---- system calls --------------------------------------------------------------------------------

# The processes of the server that answer requests, and all others, the parent among them.
sub processes {
    my ($self) = @_;
    my @workers = $self->{mode} eq 'single' ? $self->pid
        : grep { !role_of($_) && is_server($_) && !is_cgid($self, $_) } children($self->pid);
    my %worker = map { ($_ => 1) } @workers;
    return { worker => \@workers,
        rest => [grep { !$worker{$_} } $self->pid, descendants($self->pid)] };
}

sub is_server { return command_line($_[0]) =~ m{^(?:\S*/(?:apache2|httpd) |nginx: worker)} }

# The daemon of mod_cgid looks like a worker, but has one thread.
sub is_cgid {
    my ($self, $pid) = @_;
    my @threads = glob("/proc/$pid/task/*");
    return $self->{mpm} ne 'prefork' && @threads == 1
        && grep { $_ eq 'cgid' } @{ $self->{modules} };
}

sub is_traced {
    my ($pid) = @_;
    return !grep { read_file("$_/status") =~ /^TracerPid:\s+0$/m } glob("/proc/$pid/task/*");
}

# Follows these of the processes with strace while the code runs; {who => {name => calls}}.
sub calls_during {
    my ($self, $code, @who) = @_;
    my $processes = $self->processes;
    my (%tracer, %count);
    for my $who (grep { @{ $processes->{$_} } } @who) {
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            open(STDERR, '>', "$self->{root}/strace.$who.err");
            exec('strace', '-qq', '-f', '-c', '-o', "$self->{root}/strace.$who",
                map { ('-p', $_) } @{ $processes->{$who} }) or POSIX::_exit(127);
        }
        $tracer{$who} = $pid;
        wait_until(10, sub { !alive($pid) || !grep { !is_traced($_) } @{ $processes->{$who} } });
        $count{failed} = read_file("$self->{root}/strace.$who.err") || "strace ended\n"
            if grep { !is_traced($_) } @{ $processes->{$who} };
    }
    my $done = $count{failed} || eval { $code->(); 1 };
    sleep 0.1; # what comes after the last answer
    for my $who (keys %tracer) {
        end_tracer($tracer{$who});
        my $table = read_file("$self->{root}/strace.$who");
        $count{$who}{$2} = $1
            while $table =~ /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?([a-z]\w*)$/mg;
        delete $count{$who}{total};
    }
    die $count{failed} || $@ if $count{failed} || !$done;
    return \%count;
}

sub end_tracer {
    my ($pid) = @_;
    kill 'INT', $pid;
    return if wait_until(10, sub { waitpid($pid, POSIX::WNOHANG()) == $pid });
    kill 'KILL', $pid;
    waitpid($pid, 0);
}

# {worker => {name => calls}, rest => {...}}, each for one request; who: one of them only.
sub calls_per_request {
    my ($self, $load, %option) = @_;
    my ($few, $many) = ($option{few} // 100, $option{many} // 1100);
    my @who = $option{who} // qw(worker rest);
    my @counts = map { my $count = $_; $self->calls_during(sub { $load->($count) }, @who) }
        $few, $many;
    my %each;
    for my $who (@who) {
        my %names = map { %{ $_->{$who} // {} } } @counts;
        $each{$who} = {};
        for my $name (keys %names) {
            my ($less, $more) = map { $_->{$who}{$name} // 0 } @counts;
            $each{$who}{$name} = ($more - $less) / ($many - $few);
        }
    }
    return \%each;
}

# ---- time, bytes, throughput ---------------------------------------------------------------------

# CPU time that all processes of the server, and those that they have waited for, have had so far.
# Children that ended are known to a hundredth of a second only.
sub nanoseconds {
    my ($self) = @_;
    my $sum = 0;
    for my $pid ($self->pid, descendants($self->pid)) {
        for my $thread (glob("/proc/$pid/task/*")) {
            $sum += (split ' ', read_file("$thread/schedstat"))[0] // 0;
        }
        my @stat = split ' ', read_file("/proc/$pid/stat") =~ s/^.*\)//sr;
        $sum += 1e9 / POSIX::sysconf(POSIX::_SC_CLK_TCK()) * ($stat[13] + $stat[14]) if @stat > 14;
    }
    return $sum;
}

# Microseconds of CPU and bytes of logs a request, of so many requests and what they leave to do.
sub slice {
    my ($self, $load, $count) = @_;
    my ($time, $bytes) = ($self->nanoseconds, $self->bytes_logged);
    $load->($count);
    sleep 0.15; # until the last line is in its file
    return (($self->nanoseconds - $time) / 1000 / $count, ($self->bytes_logged - $bytes) / $count);
}

# The bytes of all files below logs/.
sub bytes_logged {
    my ($self) = @_;
    my $sum = 0;
    File::Find::find({ no_chdir => 1, wanted => sub { $sum += -s _ // 0 if -f $_ } },
        "$self->{root}/logs");
    return $sum;
}

my $WRK_SCRIPT = <<'LUA';
done = function(summary, latency)
    local e = summary.errors
    io.write(string.format("{%q:%d,%q:%d,%q:%d,%q:%d,%q:%d,%q:%d}\n",
        "requests", summary.requests, "microseconds", summary.duration,
        "errors", e.connect + e.read + e.write + e.status + e.timeout,
        "p50", latency:percentile(50), "p99", latency:percentile(99),
        "p999", latency:percentile(99.9)))
end
LUA

# What wrk says: {requests, microseconds, errors, p50, p99, p999}, the latter in microseconds.
sub throughput {
    my ($self, $path, %option) = @_;
    my $wrk = tool('wrk') // die "wrk is not installed\n";
    my $script = "$self->{root}/wrk.lua";
    write_file($script, $WRK_SCRIPT);
    my (undef, $output) = run($wrk, '-t', 1, '-c', $option{connections} // 16,
        '-d', ($option{seconds} // 3) . 's', '-s', $script, (map { ('-H', $_) } @HEADERS),
        'http://127.0.0.1:' . $self->port . $path);
    my ($json) = $output =~ /^(\{.*\})$/m;
    my $said = JSON::PP->new->decode($json // die "wrk: $output");
    return $said;
}

# ---- figures -------------------------------------------------------------------------------------

# The value below which that part of the values lies.
sub quantile {
    my ($part, @values) = @_;
    my @sorted = sort { $a <=> $b } @values;
    my $place = $part * $#sorted;
    my $below = int $place;
    return $sorted[$below] if $below >= $#sorted;
    return $sorted[$below] + ($place - $below) * ($sorted[$below + 1] - $sorted[$below]);
}

sub median { return quantile(0.5, @_) }

sub sum_of { my $sum = 0; $sum += $_ for values %{ $_[0] }; return $sum }

1;
