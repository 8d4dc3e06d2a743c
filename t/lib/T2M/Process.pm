# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# What /proc says about processes: who they are, which descriptors and memories they hold.
package T2M::Process;
use strict;
use warnings;
use Exporter 'import';
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(alive command_line children descendants descriptors mapped listening_inodes
    listening_descriptors holders memories
    role_of wait_until uid_of);

# Asks until the code returns something true or the seconds are over; returns what it last said.
sub wait_until {
    my ($seconds, $code) = @_;
    my $end = time + $seconds;
    while (1) {
        my $answer = $code->();
        return $answer if $answer || time > $end;
        sleep 0.02;
    }
}

sub slurp {
    my ($file) = @_;
    open(my $handle, '<', $file) or return '';
    local $/;
    return <$handle> // '';
}

# True while the process runs; a zombie does not.
sub alive {
    my ($pid) = @_;
    return slurp("/proc/$pid/stat") =~ /\)\s+([A-Z])/ && $1 !~ /[ZX]/;
}

sub command_line {
    my ($pid) = @_;
    my $line = slurp("/proc/$pid/cmdline");
    $line =~ tr/\0/ /;
    $line =~ s/\s+$//;
    return $line;
}

sub uid_of {
    my ($pid) = @_;
    return slurp("/proc/$pid/status") =~ /^Uid:\s+\d+\s+(\d+)/m ? $1 : undef;
}

sub all_pids {
    opendir(my $dir, '/proc') or return ();
    return sort { $a <=> $b } grep { /^\d+$/ } readdir $dir;
}

sub children {
    my ($parent) = @_;
    return grep { slurp("/proc/$_/stat") =~ /\)\s+[^ZX]\s+(\d+)/ && $1 == $parent } all_pids();
}

sub descendants {
    my ($pid) = @_;
    return map { ($_, descendants($_)) } children($pid);
}

# Descriptor number => what it points to.
sub descriptors {
    my ($pid) = @_;
    opendir(my $dir, "/proc/$pid/fd") or return {};
    my %found = map { ($_ => readlink("/proc/$pid/fd/$_") // '') } grep { /^\d+$/ } readdir $dir;
    return \%found;
}

# The lines of /proc/PID/maps whose name matches.
sub mapped {
    my ($pid, $pattern) = @_;
    return grep { /$pattern/ } split(/\n/, slurp("/proc/$pid/maps"));
}

# Inode numbers of all TCP sockets that listen.
sub listening_inodes {
    my %inodes;
    for my $line (map { split(/\n/, slurp($_)) } '/proc/net/tcp', '/proc/net/tcp6') {
        my @field = split(' ', $line);
        $inodes{ $field[9] } = 1 if @field > 9 && $field[3] eq '0A';
    }
    return \%inodes;
}

# The descriptors of a process that are listening sockets.
sub listening_descriptors {
    my ($pid) = @_;
    my ($inodes, $open) = (listening_inodes(), descriptors($pid));
    return grep { $open->{$_} =~ /^socket:\[(\d+)\]$/ && $inodes->{$1} } sort keys %$open;
}

# Processes that have a file below the directory open, work in it or name it on their command line.
sub holders {
    my ($directory) = @_;
    return grep {
        my $pid = $_;
        $pid != $$ && alive($pid)
            && (index(command_line($pid), $directory) >= 0
            || index(readlink("/proc/$pid/cwd") // '', $directory) == 0
            || grep { index($_, $directory) == 0 } values %{ descriptors($pid) })
    } all_pids();
}

# What a process has of the two memories: {slots => ..., board => ...}, each with the words fd and
# map as they apply, and the permissions and bytes of what is mapped.
sub memories {
    my ($pid) = @_;
    no warnings 'portable'; # addresses have more than 32 bits
    my %found;
    for my $name (qw(slots board)) {
        my $pattern = qr{memfd:t2mlog-$name\b};
        my @open = grep { /$pattern/ } values %{ descriptors($pid) };
        my ($bytes, $permissions) = (0, '');
        for my $line (mapped($pid, $pattern)) {
            my ($from, $to, $mode) = $line =~ /^(\w+)-(\w+) (\S+)/;
            $bytes += hex($to) - hex($from);
            $permissions = $mode if $permissions lt $mode;
        }
        $found{$name} = { fd => scalar @open, bytes => $bytes, permissions => $permissions };
    }
    return \%found;
}

# "supervise", "writer", or "" for anything that is not ours.
sub role_of {
    my ($pid) = @_;
    return command_line($pid) =~ m{(?:^|/)t2mlog:? (supervise|writer)\b} ? $1 : '';
}

1;
