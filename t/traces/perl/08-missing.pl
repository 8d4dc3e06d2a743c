BEGIN { @INC = ('/srv/app/lib') }

use Shop::Stock;

print Shop::Stock::count('tea'), "\n";
