# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# As much HTTP/2 as a test needs to send what a decent client would not: frames by hand over a
# clear connection, header fields as literals without compression. Answers are told apart by
# frame type only.
package T2M::Http2;
use strict;
use warnings;
use parent -norequire, 'T2M::Client';
use T2M::Client ();

my %TYPE = (DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4, GOAWAY => 7,
    CONTINUATION => 9);
my %NAME = reverse %TYPE;
use constant { END_STREAM => 1, ACK => 1, END_HEADERS => 4, CANCEL => 8 };

# A connection whose settings have been exchanged.
sub new {
    my ($class, $port) = @_;
    my $self = T2M::Client::new($class, $port);
    $self->put("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame('SETTINGS', 0, 0, ''));
    $self->wait_for('SETTINGS');
    $self->put(frame('SETTINGS', ACK, 0, ''));
    return $self;
}

sub frame {
    my ($type, $flags, $stream, $payload) = @_;
    return substr(pack('N', length $payload), 1) . pack('CCN', $TYPE{$type}, $flags, $stream)
        . $payload;
}

# An HPACK string without Huffman coding: its length as a 7-bit prefix integer, then the bytes.
sub hpack_string {
    my ($text) = @_;
    my $size = length $text;
    return chr($size) . $text if $size < 127;
    my ($prefix, $rest) = (chr 127, $size - 127);
    for (; $rest >= 128; $rest >>= 7) { $prefix .= chr($rest % 128 + 128) }
    return $prefix . chr($rest) . $text;
}

# Opens a stream with these header fields, in frames of at most 16 KiB as the protocol asks.
sub request {
    my ($self, $stream, @fields) = @_;
    my $block = '';
    while (my ($name, $value) = splice(@fields, 0, 2)) {
        $block .= "\0" . hpack_string($name) . hpack_string($value);
    }
    my $first = substr($block, 0, 16000, '');
    my $flags = END_STREAM | (length $block ? 0 : END_HEADERS);
    $self->put(frame('HEADERS', $flags, $stream, $first));
    while (length $block) {
        my $part = substr($block, 0, 16000, '');
        $self->put(frame('CONTINUATION', length $block ? 0 : END_HEADERS, $stream, $part));
    }
    return $self;
}

sub get {
    my ($self, $stream, $path, @fields) = @_;
    return $self->request($stream, ':method' => 'GET', ':scheme' => 'http', ':path' => $path,
        ':authority' => 'test.example', @fields);
}

# Tells the server that nobody waits for this stream any more.
sub cancel {
    my ($self, $stream) = @_;
    return $self->put(frame('RST_STREAM', 0, $stream, pack('N', CANCEL)));
}

# The frames received so far: [type name, flags, stream, payload].
sub frames {
    my ($self) = @_;
    my ($data, @frames) = ($self->{data});
    while (length $data >= 9) {
        my $size = unpack('N', "\0" . substr($data, 0, 3));
        last if length $data < 9 + $size;
        my ($type, $flags, $stream) = unpack('CCN', substr($data, 3, 6));
        push @frames, [$NAME{$type} // $type, $flags, $stream, substr($data, 9, $size)];
        substr($data, 0, 9 + $size, '');
    }
    return @frames;
}

# Waits for a frame of that type, on that stream when one is given.
sub wait_for {
    my ($self, $type, $stream, $seconds) = @_;
    $self->read_until(sub {
        scalar grep { $_->[0] eq $type && (!defined $stream || $_->[2] == $stream) } $self->frames;
    }, $seconds);
    return grep { $_->[0] eq $type && (!defined $stream || $_->[2] == $stream) } $self->frames;
}

1;
