# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# A client that can misbehave: raw bytes, half-closed and reset connections, slow and partial
# requests; and plain requests with the answer taken apart.
package T2M::Client;
use strict;
use warnings;
use Exporter 'import';
use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER SO_RCVBUF);
use Time::HiRes qw(time sleep);

our @EXPORT_OK = qw(get post exchange parse header);

# An open connection. receive_buffer: a small one, for a reader that stalls.
sub new {
    my ($class, $port, %option) = @_;
    my $socket = IO::Socket::INET->new(Proto => 'tcp', Type => Socket::SOCK_STREAM()) or die "socket: $!";
    setsockopt($socket, SOL_SOCKET, SO_RCVBUF, pack('l', $option{receive_buffer}))
        if $option{receive_buffer};
    $socket->connect(Socket::pack_sockaddr_in($port, Socket::inet_aton('127.0.0.1')))
        or die "connect to $port: $!";
    $socket->autoflush(1);
    return bless { socket => $socket, data => '' }, $class;
}

sub put {
    my ($self, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';
    print { $self->{socket} } $bytes;
    return $self;
}

# Sends piece after piece with a pause between them.
sub put_slowly {
    my ($self, $pause, @pieces) = @_;
    for my $piece (@pieces) {
        $self->put($piece);
        sleep $pause;
    }
    return $self;
}

# Reads until the code, given all bytes so far, says enough, or the end, or the deadline.
sub read_until {
    my ($self, $enough, $seconds) = @_;
    my $end = time + ($seconds // 10);
    my $select = IO::Select->new($self->{socket});
    while (!$enough->($self->{data})) {
        my $left = $end - time;
        last if $left <= 0 || !$select->can_read($left);
        last if !sysread($self->{socket}, $self->{data}, 1 << 16, length $self->{data});
    }
    return $self->{data};
}

sub read_all { my ($self, $seconds) = @_; return $self->read_until(sub { 0 }, $seconds) }

# One whole answer with a known length; the bytes after it stay for the next call.
sub read_answer {
    my ($self, $seconds) = @_;
    my $size = 0;
    $self->read_until(sub {
        my $head = index($_[0], "\r\n\r\n");
        return 0 if $head < 0;
        my ($length) = substr($_[0], 0, $head) =~ /^Content-Length:\s*(\d+)/mi;
        $size = $head + 4 + ($length // 0);
        return length $_[0] >= $size;
    }, $seconds);
    return parse(substr($self->{data}, 0, $size || length $self->{data}, ''));
}

sub half_close { my ($self) = @_; shutdown($self->{socket}, 1); return $self }
sub close { my ($self) = @_; return CORE::close($self->{socket}) }

# Closes with a reset instead of a farewell.
sub reset {
    my ($self) = @_;
    setsockopt($self->{socket}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
    return $self->close;
}

# Sends bytes on a connection of its own and returns all that came back.
sub exchange {
    my ($port, $bytes, $seconds) = @_;
    return T2M::Client->new($port)->put($bytes)->read_all($seconds);
}

# {status, headers [[name, value]], body}; status is undef when there is no status line.
sub parse {
    my ($raw) = @_;
    my ($head, $body) = split(/\r?\n\r?\n/, $raw, 2);
    my ($first, @lines) = split(/\r?\n/, $head // '');
    my ($status) = ($first // '') =~ m{^HTTP/\S+ (\d{3})};
    return { status => undef, headers => [], body => $raw } if !defined $status;
    my @headers = map { [split(/:\s*/, $_, 2)] } @lines;
    my $answer = { status => $status, headers => \@headers, body => $body // '' };
    $answer->{body} = joined($answer->{body}) if (header($answer, 'Transfer-Encoding') // '') eq 'chunked';
    return $answer;
}

# A body without the marks of its chunks.
sub joined {
    my ($body) = @_;
    my $whole = '';
    while ($body =~ s/^([0-9a-f]+)[^\r\n]*\r\n//i && hex $1) {
        $whole .= substr($body, 0, hex $1, '');
        $body =~ s/^\r\n//;
    }
    return $whole;
}

# All values of a header of an answer, in order.
sub header {
    my ($answer, $name) = @_;
    my @values = map { $_->[1] } grep { lc $_->[0] eq lc $name } @{ $answer->{headers} };
    return wantarray ? @values : $values[0];
}

sub request_text {
    my ($method, $path, $body, @headers) = @_;
    my $text = "$method $path HTTP/1.1\r\nConnection: close\r\n";
    my %given = @headers;
    $text .= "Host: test.example\r\n" if !grep { lc eq 'host' } keys %given;
    while (my ($name, $value) = splice(@headers, 0, 2)) { $text .= "$name: $value\r\n" }
    $text .= 'Content-Length: ' . length($body) . "\r\n" if defined $body;
    return $text . "\r\n" . ($body // '');
}

sub get {
    my ($port, $path, @headers) = @_;
    return parse(exchange($port, request_text('GET', $path, undef, @headers)));
}

sub post {
    my ($port, $path, $body, @headers) = @_;
    return parse(exchange($port, request_text('POST', $path, $body, @headers)));
}

1;
