#!/usr/bin/env perl
# A FastCGI responder by hand: one connection after the other on descriptor 0. Each answer is
# the environment of the request; a query "complain" also writes a line to the error stream.
use strict;
use warnings;
use Socket;

use constant { END_REQUEST => 3, PARAMETERS => 4, INPUT => 5, OUTPUT => 6, ERRORS => 7 };

sub read_exactly {
    my ($socket, $size) = @_;
    my $data = '';
    while (length $data < $size) {
        sysread($socket, $data, $size - length $data, length $data) or return undef;
    }
    return $data;
}

sub put {
    my ($socket, $type, $id, $content) = @_;
    syswrite($socket, pack('CCnnCC', 1, $type, $id, length $content, 0, 0) . $content);
}

sub take_size {
    my ($data) = @_;
    my $size = unpack('C', $$data);
    my $width = $size < 128 ? 1 : 4;
    $size = unpack('N', $$data) & 0x7fffffff if $width == 4;
    substr($$data, 0, $width, '');
    return $size;
}

sub parameters {
    my ($data) = @_;
    my %found;
    while (length $data) {
        my $name_size = take_size(\$data);
        my $value_size = take_size(\$data);
        my $name = substr($data, 0, $name_size, '');
        $found{$name} = substr($data, 0, $value_size, '');
    }
    return %found;
}

sub serve {
    my ($socket) = @_;
    my $text = '';
    while (defined(my $head = read_exactly($socket, 8))) {
        my (undef, $type, $id, $size, $padding) = unpack('CCnnC', $head);
        my $content = $size ? read_exactly($socket, $size) : '';
        read_exactly($socket, $padding) if $padding;
        $text .= $content if $type == PARAMETERS;
        next if $type != INPUT || $size;
        my %given = parameters($text);
        put($socket, ERRORS, $id, "a line from the responder\n")
            if ($given{QUERY_STRING} // '') eq 'complain';
        put($socket, OUTPUT, $id, "Content-Type: text/plain\r\n\r\n"
            . join('', map { "$_=$given{$_}\n" } sort keys %given));
        put($socket, OUTPUT, $id, '');
        return put($socket, END_REQUEST, $id, pack('NCx3', 0, 0));
    }
}

open(my $listener, '+<&=', 0) or die "descriptor 0: $!";
while (accept(my $socket, $listener)) {
    serve($socket);
    close $socket;
}
