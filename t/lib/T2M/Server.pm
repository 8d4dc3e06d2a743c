# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# A private httpd for one test: its own ServerRoot, ports and session, stopped by process id at
# the end. finish() ends every test: it stops the servers, reads each stream of each of them
# strictly, and fails on any line of error_log at level error or worse that was not announced.
#
#   my $server = T2M::Server->new(modules => [qw(cgi)], conf => 'ScriptAlias / "@ROOT@/cgi-bin/"');
#   $server->start;
#
# In the configuration and in file names @ROOT@ is the ServerRoot, @PORT@ the main port and
# @PORT:name@ a further one. Environment: MPM (event), T2M_KEEP=1 keeps the directory,
# T2M_PRELOAD is the LD_PRELOAD of httpd (sanitizers).
package T2M::Server;
use strict;
use warnings;
use Exporter 'import';
use File::Path qw(remove_tree);
use File::Temp ();
use IO::Socket::INET;
use POSIX qw(WNOHANG setsid);
use Test::More;
use Time::HiRes qw(sleep);

use T2M::Conf;
use T2M::Httpd qw(httpd run);
use T2M::Log qw(count_lines);
use T2M::Process qw(alive holders wait_until);
use T2M::Root qw(fill write_file read_file);

our @EXPORT = qw(finish mpm);

my %FILE = (
    app => 'talk2me.log', errors => 'errors.log', access => 'access.log',
    security => 'security.log', performance => 'performance.log',
);
my $BAD = qr/\[\w*:(?:error|crit|alert|emerg)\]/;
# A worker of event that is ended closes the sockets under its threads, with any configuration; one
# of these may be about to wait for the next request (AH03093) or for the client's end (AH03092).
# Newer versions of httpd are silent about it.
my @ALWAYS = (qr/AH03092: process_lingering_close/,
    qr/\(9\)Bad file descriptor: AH03093: process_socket: apr_pollset_add failure for keep alive/);
my $CRASH = qr/AddressSanitizer|LeakSanitizer|runtime error:|AH00052|assertion .* failed/i;
my @servers;

# A test that is told to end takes its servers along.
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);

sub mpm { return $ENV{MPM} || 'event' }

# modules, conf, files {path => text or [mode, text]}; t2mlog: the directives that switch the
# module on (undef: not loaded); mode: foreground, single (-X) or daemon; mpm; arguments []; as:
# a user name to run as when the test itself runs as root; strays: pattern of command lines that may
# outlive the server.
sub new {
    my ($class, %option) = @_;
    if (!httpd()) { plan skip_all => 'no httpd on this machine' }
    my $self = bless {
        mpm => mpm(), mode => 'foreground', t2mlog => 'T2MLog On', modules => [], conf => '',
        arguments => [], announced => [], ports => {}, owner => $$, %option,
    }, $class;
    $self->{root} = File::Temp::tempdir('t2mlog-XXXXXX', TMPDIR => 1);
    fill($self->{root}, $self->{as}, map { ($_ => $self->expand($option{files}{$_})) }
            keys %{ $option{files} // {} });
    push @servers, $self;
    return $self;
}

sub root { return $_[0]{root} }
sub pid { return $_[0]{pid} }
sub error_log { return read_file("$_[0]{root}/logs/error.log") }
sub log_dir { return $_[0]{log_dir} // "$_[0]{root}/logs/t2mlog" }

# A loopback port that was free a moment ago; the same one for the same name.
sub port {
    my ($self, $name) = @_;
    return $self->{ports}{ $name // '' } //= do {
        my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "port: $!";
        $socket->sockport;
    };
}

sub expand {
    my ($self, $text) = @_;
    return [$text->[0], $self->expand($text->[1])] if ref $text;
    $text =~ s/\@ROOT\@/$self->{root}/g;
    $text =~ s/\@PORT(?::(\w+))?\@/$self->port($1)/ge;
    return $text;
}

sub configuration {
    my ($self) = @_;
    return $self->expand(T2M::Conf::text(%$self));
}

sub write_configuration {
    my ($self) = @_;
    write_file("$self->{root}/httpd.conf", $self->configuration);
}

sub command {
    my ($self, @more) = @_;
    return (httpd(), '-d', $self->{root}, '-f', "$self->{root}/httpd.conf",
        @{ $self->{arguments} }, @more);
}

# Exit code and output of `httpd -t` with these lines in place of the test's own.
sub configtest {
    my ($self, $conf, @more) = @_;
    local $self->{conf} = $conf // $self->{conf};
    write_file("$self->{root}/test.conf", $self->configuration);
    local $ENV{LD_PRELOAD} = $ENV{T2M_PRELOAD} // '';
    return run(httpd(), '-d', $self->{root}, '-f', "$self->{root}/test.conf",
        @{ $self->{arguments} }, @more, '-t');
}

# Starts and waits for the port; dies with what httpd said when it does not come up.
sub start {
    my ($self) = @_;
    for my $try (1 .. 3) {
        return $self if $self->try_start;
        last if $self->output !~ /Address already in use/;
        $self->{ports} = {};
    }
    die "httpd did not start:\n" . $self->output . $self->error_log;
}

# As start, but returns false when httpd ended or its port stayed closed.
sub try_start {
    my ($self) = @_;
    $self->write_configuration;
    $self->launch;
    my $up = wait_until(20, sub { $self->is_ready ? 1 : $self->ended ? -1 : 0 }) || 0;
    return 1 if $up == 1;
    $self->stop('KILL') if !$self->ended;
    return 0;
}

sub launch {
    my ($self) = @_;
    my %switch = (foreground => ['-DFOREGROUND'], single => ['-X'], daemon => ['-k', 'start']);
    my @command = $self->command(@{ $switch{ $self->{mode} } });
    delete $self->{status};
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        setsid();
        umask 022;
        open(STDIN, '<', '/dev/null');
        open(STDOUT, '>>', $self->{stdout} // "$self->{root}/logs/output");
        open(STDERR, '>>', $self->{stderr} // "$self->{root}/logs/output");
        T2M::Root::become($self->{as}) if $self->{as};
        $ENV{LD_PRELOAD} = $ENV{T2M_PRELOAD} if $ENV{T2M_PRELOAD};
        exec(@command) or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    return if $self->{mode} ne 'daemon';
    waitpid($pid, 0);
    $self->{pid} = wait_until(10, sub { read_file("$self->{root}/run/httpd.pid") =~ /(\d+)/ ? $1 : 0 })
        if $? == 0;
}

sub output { return read_file("$_[0]{root}/logs/output") }

sub answers {
    my ($self) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->port, Timeout => 1);
}

# mod_cgid's daemon binds its socket first and gives it to the workers' user a moment later; a script
# asked for in between is answered with 503.
sub is_ready {
    my ($self) = @_;
    my $socket = "$self->{root}/run/cgid.sock";
    my $waits = $> == 0 && !$self->{as} && grep { $_ eq 'cgid' } @{ $self->{modules} };
    return $self->answers && (!$waits || ((stat((glob "$socket*")[0] // $socket))[4] // 0) != 0);
}

# True when the parent is gone; its wait status is kept.
sub ended {
    my ($self) = @_;
    return 1 if !$self->{pid} || defined $self->{status};
    if (waitpid($self->{pid}, WNOHANG) == $self->{pid}) { $self->{status} = $? }
    return defined $self->{status} || !alive($self->{pid});
}

# Sends TERM (or another signal) and waits for the end. Returns true when it came in time.
sub stop {
    my ($self, $signal, $seconds) = @_;
    return 1 if !$self->{pid};
    # Event, with any modules, now and then crashes when it ends while a connection lingers.
    sleep 0.1 if $self->{mpm} eq 'event' && !$self->ended;
    kill $signal // 'TERM', $self->{pid};
    my $in_time = wait_until($seconds // 30, sub { $self->ended });
    if (!$in_time) {
        kill 'KILL', $self->{pid};
        wait_until(5, sub { $self->ended });
    }
    $self->clear_up;
    delete $self->{pid};
    return $in_time;
}

# Whatever of this server still runs is named and ended.
sub clear_up {
    my ($self) = @_;
    my @left;
    wait_until(3, sub { !(@left = holders($self->{root})) });
    my $strays = $self->{strays} // qr/^(?!)/; # what a test leaves on purpose
    push @{ $self->{leftovers} },
        grep { $_ !~ $strays } map { "$_ " . T2M::Process::command_line($_) } @left;
    kill 'KILL', @left if @left;
}

# How often the parent has said that it is ready; counts the start and each restart.
sub generations {
    my ($self) = @_;
    my $count = () = $self->error_log =~ /resuming normal operations/g;
    return $count;
}

sub signal_restart {
    my ($self, $signal) = @_;
    my $before = $self->generations;
    kill $signal, $self->{pid};
    return wait_until(30, sub { $self->generations > $before && $self->answers });
}

sub graceful { return $_[0]->signal_restart('USR1') }
sub restart { return $_[0]->signal_restart('HUP') }

# A stream's file as T2M::Log.
sub log {
    my ($self, $stream, $file) = @_;
    return T2M::Log->new($self->log_dir . '/' . ($file // $FILE{$stream} // $stream),
        growing => defined $self->{pid});
}

sub records { my ($self, @which) = @_; return $self->log(@which)->records }

# Waits until a stream has so many lines, or until the code, given its records, says yes.
sub wait_for_lines {
    my ($self, $stream, $condition, $seconds) = @_;
    my $log = $self->log($stream);
    return wait_until($seconds // 5, sub {
        ref $condition ? $condition->($log->records) : count_lines($log->path) >= $condition;
    });
}

# All records of all streams with that request id: {stream => [records]}.
sub by_id {
    my ($self, $id) = @_;
    my %found = map { ($_ => [$self->log($_)->by_id($id)]) } keys %FILE;
    return \%found;
}

# Says which error_log lines of level error or worse the test brings about on purpose.
sub announce {
    my ($self, @patterns) = @_;
    push @{ $self->{announced} }, @patterns;
    return $self;
}

sub unannounced {
    my ($self) = @_;
    my @lines = split /\n/, $self->error_log . "\n" . $self->output;
    return grep {
        my $line = $_;
        ($line =~ $BAD || $line =~ $CRASH) && !grep { $line =~ $_ } @ALWAYS, @{ $self->{announced} }
    } @lines;
}

sub check_files {
    my ($self) = @_;
    my @problems;
    for my $file (sort glob($self->log_dir . '/*.log')) {
        push @problems, map { "$file: $_" } T2M::Log->new($file)->problems;
    }
    return @problems;
}

sub check_end {
    my ($self, $in_time) = @_;
    my $name = $self->{name} // 'server';
    ok($in_time, "$name: stops in time");
    is_deeply([@{ $self->{leftovers} // [] }], [], "$name: leaves no process behind");
    is_deeply([$self->unannounced], [], "$name: error_log has no error that was not announced");
    is_deeply([$self->check_files], [], "$name: every line of every stream is well formed")
        if defined $self->{t2mlog};
}

# Ends the test: stops and checks every server, prints the plan.
sub finish {
    for my $server (@servers) {
        $server->check_end($server->stop);
    }
    done_testing();
}

END {
    my $status = $?;
    for my $server (grep { $_->{owner} == $$ } @servers) {
        eval { $server->stop('TERM', 10) };
        if ($ENV{T2M_KEEP}) { diag("kept: $server->{root}") }
        else { remove_tree($server->{root}, { safe => 0, error => \my $ignored }) }
    }
    $? = $status;
}

1;
