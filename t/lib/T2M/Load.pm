# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Clients that go on while a test restarts and kills things. Each request carries a number of its
# own; afterwards every answered one must have exactly one line.
package T2M::Load;
use strict;
use warnings;
use POSIX ();
use Time::HiRes qw(sleep time);

use T2M::Client ();

# Starts `clients` processes that ask for path?n=CLIENT-NUMBER until stop, at most `seconds`.
sub start {
    my ($class, $port, %option) = @_;
    my $self = bless { pids => [], pipes => [], port => $port, path => $option{path} // '/',
        seconds => $option{seconds} // 60 }, $class;
    for my $client (1 .. $option{clients} // 4) {
        pipe(my $reader, my $writer) or die "pipe: $!";
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            close $reader;
            eval { $self->run_client($client, $writer) };
            close $writer;
            POSIX::_exit(0);
        }
        close $writer;
        push @{ $self->{pids} }, $pid;
        push @{ $self->{pipes} }, $reader;
    }
    return $self;
}

# Runs in the client's process: reports each number with "sent" and, when the whole answer came,
# "done". The pipe is read only at the end, so what is reported is kept until then.
sub run_client {
    my ($self, $client, $writer) = @_;
    my ($stop, $number, $connection, $report) = (0, 0, undef, '');
    local $SIG{TERM} = sub { $stop = 1 };
    my $end = time + $self->{seconds};
    while (!$stop && time < $end) {
        $connection //= eval { T2M::Client->new($self->{port}) };
        if (!$connection) { sleep 0.01; next }
        my $token = "$client-" . ++$number;
        $connection->put("GET $self->{path}?n=$token HTTP/1.1\r\nHost: test.example\r\n\r\n");
        my $answer = $connection->read_answer(10);
        my $closed = grep { /close/i } T2M::Client::header($answer, 'Connection');
        $report .= ($answer->{status} // 'none') . " $token\n";
        undef $connection if $closed || !defined $answer->{status};
        sleep 0.001;
    }
    print {$writer} $report;
}

# Ends the clients: ({token => 1} answered with 200, {token => status} of all others).
sub stop {
    my ($self) = @_;
    kill 'TERM', @{ $self->{pids} };
    my (%answered, %other);
    for my $pipe (@{ $self->{pipes} }) {
        while (my $line = <$pipe>) {
            my ($status, $token) = split ' ', $line;
            if ($status eq '200') { $answered{$token} = 1 }
            else { $other{$token} = $status }
        }
    }
    waitpid($_, 0) for @{ $self->{pids} };
    return (\%answered, \%other);
}

# Compares with the access records: what was answered and has no line, what has more than one.
sub compare {
    my ($answered, @records) = @_;
    my %lines;
    for my $record (@records) {
        $lines{$1}++ if ($record->{query} // '') =~ /^n=([\d-]+)$/;
    }
    my @lost = sort grep { !$lines{$_} } keys %$answered;
    my @doubled = sort grep { $lines{$_} > 1 } keys %lines;
    return (\@lost, \@doubled);
}

1;
