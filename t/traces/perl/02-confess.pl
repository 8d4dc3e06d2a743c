use strict;
use warnings;
use Carp qw(confess);

package Shop::Cart {
    sub new {
        my ($class) = @_;

        return bless { items => {} }, $class;
    }

    sub add {
        my ($self, $item, $count) = @_;

        Carp::confess("no $item can be bought $count times") if $count < 1;
        $self->{items}{$item} = $count;
        return $self;
    }
}

sub order {
    my ($add) = @_;

    return $add->('cake', 0, "two\nlines at a line 7");
}

my $cart = Shop::Cart->new;
order(sub { $cart->add(@_) });
