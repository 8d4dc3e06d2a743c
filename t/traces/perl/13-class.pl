use strict;
use warnings;

package Shop::Error::Stock {
    use overload '""' => sub { $_[0]->text }, fallback => 1;

    sub throw {
        my ($class, $message) = @_;
        my (undef, $file, $line) = caller;

        die bless { message => $message, file => $file, line => $line }, $class;
    }

    sub text {
        my ($self) = @_;

        return ref($self) . ": $self->{message} at $self->{file} line $self->{line}.\n";
    }
}

sub take {
    Shop::Error::Stock->throw("no $_[0] left");
}

take('tea');
