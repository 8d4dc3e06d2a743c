use strict;
use warnings;

my %modules;

BEGIN {
    %modules = ('Shop/Tax.pm' => <<'END');
#line 1 "/srv/app/lib/Shop/Tax.pm"
package Shop::Tax;
use strict;

sub of { return $rate * $_[0] }

1;
END
    unshift @INC, sub {
        my ($hook, $name) = @_;

        return unless $modules{$name};
        open my $handle, '<', \$modules{$name} or die;
        return $handle;
    };
}

use Shop::Tax;

print Shop::Tax::of(100), "\n";
