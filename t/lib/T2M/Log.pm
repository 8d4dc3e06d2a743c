# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Reads a stream's file and holds it to what every line promises: strict, compact JSON in UTF-8,
# no byte a terminal acts on, ended by LF, numbered without a gap that no gap record names.
package T2M::Log;
use strict;
use warnings;
use B ();
use Encode qw(decode FB_CROAK);
use Exporter 'import';
use JSON::PP ();
use Scalar::Util qw(refaddr);

our @EXPORT_OK = qw(is_number key_order count_lines);

my $STRING = qr/"(?:[^"\\]|\\.)*"/;
my (%order, %numbers);

sub new {
    my ($class, $path, %option) = @_;
    return bless { path => $path, %option }, $class;
}

sub path { return $_[0]{path} }

# Whole lines in a file so far; 0 when it is not there.
sub count_lines {
    my ($path) = @_;
    open(my $handle, '<:raw', $path) or return 0;
    my $count = 0;
    while (read($handle, my $block, 1 << 16)) { $count += $block =~ tr/\n// }
    return $count;
}

# True when the member of a record stands in its line as a number. Perl forgets: a number that was
# compared as a text looks like one.
sub is_number {
    my ($record, $name) = @_;
    return $numbers{ refaddr $record }{$name};
}

sub looks_like_number {
    my ($value) = @_;
    my $flags = B::svref_2object(\$value)->FLAGS;
    return !!(($flags & (B::SVp_IOK | B::SVp_NOK)) && !($flags & B::SVp_POK));
}

# The names of a record's members in the order of the line.
sub key_order {
    my ($record) = @_;
    return @{ $order{ refaddr $record } // [] };
}

# All records of the file; what is wrong with its lines is in problems() afterwards.
sub records {
    my ($self) = @_;
    $self->{problems} = [];
    open(my $handle, '<:raw', $self->{path}) or return ();
    my @records;
    while (my $line = <$handle>) {
        my $where = "line $.";
        # A file that is being written may end in a line that is not whole yet.
        last if $line !~ /\n\z/ && $self->{growing};
        push @{ $self->{problems} }, "$where does not end in LF" if $line !~ s/\n\z//;
        my $record = $self->parse($line, $where);
        push @records, $record if $record;
    }
    $self->check_numbers(@records);
    return @records;
}

sub problems {
    my ($self) = @_;
    $self->records;
    return @{ $self->{problems} };
}

# The records with that request id.
sub by_id {
    my ($self, $id) = @_;
    return grep { ($_->{request_id} // '') eq $id } $self->records;
}

sub parse {
    my ($self, $line, $where) = @_;
    my $complain = sub { push @{ $self->{problems} }, "$where $_[0]: " . shown($line) };
    $complain->('holds a control byte') if $line =~ /[\x00-\x1f\x7f]/;
    my $text = eval { decode('UTF-8', my $copy = $line, FB_CROAK) };
    return $complain->('is not UTF-8') && undef if !defined $text;
    $complain->('holds a raw C1, separator or bidi character')
        if $text =~ /[\x{80}-\x{9f}\x{2028}\x{2029}\x{feff}\x{61c}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]/;
    my $record = eval { JSON::PP->new->utf8->decode($line) };
    return $complain->("is not JSON ($@)") && undef if ref $record ne 'HASH';
    $self->check_shape($record, $line, $complain);
    return $record;
}

sub check_shape {
    my ($self, $record, $line, $complain) = @_;
    my @keys = top_level_keys($line);
    $order{ refaddr $record } = \@keys;
    $numbers{ refaddr $record } = { map { ($_ => looks_like_number($record->{$_})) } @keys };
    my %seen;
    $complain->("names $_ twice") for grep { $seen{$_}++ } @keys;
    $complain->('does not begin with timestamp and level') if "@keys[0, 1]" ne 'timestamp level';
    $complain->('does not end with seq') if $keys[-1] ne 'seq' || !is_number($record, 'seq');
    $complain->('has no message') if !length($record->{message} // '');
    $complain->('has a wrong timestamp')
        if $record->{timestamp} !~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
    $complain->('has a wrong level')
        if $record->{level} !~ /^(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)$/;
    $complain->("has $_ without a value")
        for grep { !defined $record->{$_} || $record->{$_} eq '-' } @keys;
    my $outside = $line =~ s/$STRING/""/gr;
    $complain->('has blanks between its members') if $outside =~ /\s/;
}

# Names of an object's own members; the line is known to be JSON.
sub top_level_keys {
    my ($line) = @_;
    my ($depth, @keys) = (0);
    while ($line =~ /\G(?:($STRING)(:?)|([{\[])|([}\]])|[^"{}\[\]]+)/gc) {
        if (defined $1 && $2 && $depth == 1) { push @keys, substr($1, 1, -1) }
        $depth++ if defined $3;
        $depth-- if defined $4;
    }
    return @keys;
}

# Each number after the first is a line or is named by a gap record.
sub check_numbers {
    my ($self, @records) = @_;
    my %named;
    for my $gap (grep { $_->{message} eq 'gap' && defined $_->{first_seq} } @records) {
        $named{$_} = 1 for $gap->{first_seq} .. $gap->{last_seq};
    }
    my $last;
    for my $seq (map { $_->{seq} } @records) {
        next if !defined $seq;
        if (defined $last) {
            push @{ $self->{problems} }, "seq $seq stands after $last" if $seq <= $last;
            my @lost = grep { !$named{$_} } $last + 1 .. $seq - 1;
            push @{ $self->{problems} }, "seq $lost[0] to $lost[-1] are missing" if @lost;
        }
        $last = $seq if !defined $last || $seq > $last;
    }
}

sub shown {
    my ($line) = @_;
    $line = substr($line, 0, 300) . '...' if length $line > 300;
    return $line =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ger;
}

1;
