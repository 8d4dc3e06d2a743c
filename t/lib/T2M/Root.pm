# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The ServerRoot of a test: the directories, a copy of t/site that the server's children may
# read wherever the source lies, and the test's own files.
package T2M::Root;
use strict;
use warnings;
use Exporter 'import';
use File::Basename qw(dirname);
use File::Find ();
use File::Path qw(make_path);

use T2M::Httpd qw(source_dir);

our @EXPORT_OK = qw(fill write_file read_file become);

sub read_file {
    my ($path) = @_;
    open(my $handle, '<:raw', $path) or return '';
    local $/;
    return <$handle> // '';
}

sub write_file {
    my ($path, $text, $mode) = @_;
    make_path(dirname($path));
    open(my $handle, '>:raw', $path) or die "$path: $!";
    print {$handle} $text or die "$path: $!";
    close($handle) or die "$path: $!";
    chmod $mode, $path if defined $mode;
}

# Makes the tree below root. files: path => text, or [mode, text].
sub fill {
    my ($root, $owner, %files) = @_;
    umask 022;
    chmod 0755, $root;
    make_path("$root/logs", "$root/run", "$root/htdocs", "$root/cgi-bin");
    my $site = source_dir() . '/t/site';
    File::Find::find({ no_chdir => 1, wanted => sub {
        return if !-f $_;
        my $name = substr($_, length $site);
        write_file("$root$name", read_file($_), (stat $_)[2] & 07777 | 0444);
    } }, $site);
    while (my ($path, $content) = each %files) {
        my ($mode, $text) = ref $content ? @$content : (undef, $content);
        write_file("$root/$path", $text, $mode);
    }
    give_away($root, $owner) if $owner;
}

sub give_away {
    my ($root, $owner) = @_;
    my ($uid, $gid) = (getpwnam $owner)[2, 3];
    File::Find::find({ no_chdir => 1, wanted => sub { chown $uid, $gid, $_ } }, $root);
}

# Gives up root for good.
sub become {
    my ($name) = @_;
    my ($uid, $gid) = (getpwnam $name)[2, 3];
    $) = "$gid $gid";
    POSIX::setgid($gid);
    POSIX::setuid($uid);
    die "still root\n" if $> == 0 || $< == 0;
}

1;
