#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# A CGI script is a process of its own: it hands its context back in response headers, which
# context.conf turns into notes and takes out of the response.
use strict;
use warnings;

print "Content-Type: text/plain\n";
print "X-T2MLog-User-Id: 42\n";
print "X-T2MLog-Feature: translation\n";
print "\n";
print "translated\n";
