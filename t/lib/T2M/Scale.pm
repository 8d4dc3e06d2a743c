# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Sites of any size, for t/51-scale.t: what a request and a start cost them, in instructions, and
# what memory they take. Nothing here asks a clock.
package T2M::Scale;
use strict;
use warnings;
use Exporter 'import';
use File::Temp ();
use IO::Socket::INET;

use T2M::Cost qw(load request);
use T2M::Httpd qw(built httpd load_line run server_user tool);
use T2M::Ledger qw(compiled_tool);
use T2M::Process qw(children descendants role_of wait_until);
use T2M::Root qw(read_file write_file);

our @EXPORT_OK = qw(word vhosts many_clients config_instructions memory_of allocated pool_bytes);

# A name without digits, another one for each number.
sub word {
    my ($number) = @_;
    my $word = '';
    do { $word .= chr(ord('g') + $number % 20); $number = int($number / 20) } while $number;
    return "zz$word";
}

# Virtual hosts v000.example and on, of any address or that one; each with these lines, in which %d
# stands for its number.
sub vhosts {
    my ($count, $lines, $address) = @_;
    $address //= '*';
    return join '', map {
        my $number = sprintf '%03d', $_;
        "<VirtualHost $address>\nServerName v$number.example\n"
            . (($lines // '') =~ s/%d/$number/gr) . "</VirtualHost>\n";
    } 0 .. $count - 1;
}

# ---- a request -----------------------------------------------------------------------------------

# So many requests of as many clients, to so many endpoints and with so many groups of errors. They
# are not counted, which would take its time. same_group: each one logs an error, and all the same.
sub many_clients {
    my ($server, %of) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->port)
        // die "connect: $!\n";
    my $ask = sub {
        syswrite($socket, request(@_)) // die "write: $!\n";
        T2M::Cost::read_answer($socket, 200);
    };
    $ask->('/count/off');
    for my $number (0 .. $of{clients} - 1) {
        my $client = join '.', 10, $number >> 8, $number & 255, 7;
        my $query = $of{same_group} ? '?' . word(1)
            : $number < $of{groups} ? '?' . word($number) : '';
        $ask->('/groups/' . word($number % $of{endpoints}) . $query, "X-Forwarded-For: $client");
    }
    $ask->('/count/on');
    return;
}

# ---- a start -------------------------------------------------------------------------------------

# The instructions of `httpd -t` with these lines; loaded: also the module.
sub config_instructions {
    my ($conf, $loaded) = @_;
    my $root = File::Temp::tempdir('t2mlog-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    mkdir "$root/logs";
    my ($user, $group) = server_user();
    write_file("$root/httpd.conf", join '', load_line("mpm_" . ($ENV{MPM} || 'event')),
        map({ load_line($_) } qw(authz_core unixd)),
        qq{ServerRoot "$root"\nServerName test.example\nListen 127.0.0.1:1\n},
        "ErrorLog logs/error.log\n",
        $> ? '' : "User $user\nGroup $group\n",
        $loaded ? 'LoadModule t2mlog_module "' . built('mod_t2mlog.so') . qq{"\nT2MLog On\n} : '',
        $conf);
    my (undef, $output) = run(tool('valgrind'), '--tool=callgrind',
        '--callgrind-out-file=/dev/null', httpd(), '-f', "$root/httpd.conf", '-t');
    die $output if $output !~ /Syntax OK/;
    return $output =~ /Collected : (\d+)/ ? $1 : die $output;
}

# ---- memory --------------------------------------------------------------------------------------

# What a process has of its own and shares, in KiB: {anonymous, file, shared, slots, board}, the
# last two as [mapped, touched by this process].
sub memory_of {
    my ($pid) = @_;
    my %of;
    my $status = read_file("/proc/$pid/status");
    for my $name (qw(Anon File Shmem)) {
        $of{ { Anon => 'anonymous', File => 'file', Shmem => 'shared' }->{$name} } =
            $status =~ /^Rss$name:\s+(\d+)/m ? $1 : 0;
    }
    my $name;
    for my $line (split /\n/, read_file("/proc/$pid/smaps")) {
        if ($line =~ /^\w+-\w+ /) { $name = $line =~ /memfd:t2mlog-(\w+)/ ? $1 : undef }
        elsif (defined $name && $line =~ /^(Size|Rss):\s+(\d+)/) {
            $of{$name}[$1 eq 'Size' ? 0 : 1] += $2;
        }
    }
    return \%of;
}

# [size, bytes that are there] of the two memories, as the server's parent holds them.
sub allocated {
    my ($pid) = @_;
    my %of;
    for my $link (glob("/proc/$pid/fd/*")) {
        my ($name) = (readlink($link) // '') =~ /memfd:t2mlog-(\w+)/ or next;
        my @stat = stat $link;
        $of{$name} = [$stat[7], $stat[12] * 512];
    }
    return \%of;
}

# What comes from pools for each request of a connection, and for each connection with one request:
# (bytes, bytes).
sub pool_bytes {
    my ($path, %option) = @_;
    local %ENV = %ENV;
    my $count = File::Temp->new(TMPDIR => 1);
    print $count "\0" x 8;
    $count->flush;
    chmod 0666, "$count";
    $ENV{T2M_POOLS} = "$count";
    $ENV{T2M_PRELOAD} = join ' ', $ENV{T2M_PRELOAD} // (),
        compiled_tool('pools.so', 't/shim/pools.c', '-ldl') // die "no C compiler\n";
    my $server = T2M::Server->new(mode => 'single', conf => "MaxKeepAliveRequests 0\n",
        %option)->start;
    my $load = load($server->port, request($path));
    my $taken = sub {
        my ($code) = @_;
        my $before = unpack 'Q', read_file("$count");
        $code->();
        select undef, undef, undef, 0.2; # until the last connection has ended
        return unpack('Q', read_file("$count")) - $before;
    };
    $load->(10);
    my $few = $taken->(sub { $load->(10) });
    my $many = $taken->(sub { $load->(210) });
    my $short = $taken->(sub { $load->(1) for 1 .. 20 });
    $server->stop;
    my $request = ($many - $few) / 200;
    return ($request, $short / 20 - $request);
}

1;
