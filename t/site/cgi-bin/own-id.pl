#!/usr/bin/env perl
# Answers with a request id that it made up itself.
use strict;
use warnings;

print "Content-Type: text/plain\nX-Request-ID: made-up-by-the-script\n\nhello\n";
