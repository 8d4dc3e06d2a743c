# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The project's own source files, for the tests that look at them instead of running them.
package T2M::Source;
use strict;
use warnings;
use Exporter 'import';
use File::Find ();

use T2M::Httpd qw(source_dir);
use T2M::Root qw(read_file);

our @EXPORT_OK = qw(files_in text_of lines_of without_comments build_dir sources);

# Paths relative to the source, sorted, of the files below these places whose name matches.
sub files_in {
    my ($pattern, @places) = @_;
    my ($source, @found) = (source_dir());
    for my $place (grep { -e "$source/$_" } @places) {
        File::Find::find({ no_chdir => 1, wanted => sub {
            push @found, substr($_, 1 + length $source) if -f $_ && /$pattern/;
        } }, "$source/$place");
    }
    return sort @found;
}

# All C files of the product.
sub sources { return ('mod_t2mlog.c', files_in(qr/\.[ch]$/, 'modules')) }

sub text_of {
    my ($file) = @_;
    return read_file(source_dir() . "/$file");
}

sub lines_of { return split(/\n/, text_of($_[0])) }

# C text with its comments, strings and characters made empty; line numbers stay.
sub without_comments {
    my ($text) = @_;
    my $blank = sub { my ($part) = @_; return join '', $part =~ /\n/g };
    $text =~ s{(/\*.*?\*/)|(//[^\n]*)|("(?:[^"\\\n]|\\.)*")|('(?:[^'\\\n]|\\.)*')}
        {defined $1 ? $blank->($1) : defined $2 ? '' : defined $3 ? '""' : "' '"}gse;
    return $text;
}

sub build_dir { return $ENV{T2M_BUILD_DIR} || source_dir() . '/build' }

1;
