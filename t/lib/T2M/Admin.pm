# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The admin endpoints as a test asks them: a server with a token file, requests with a token, and
# the security events that come of anything.
package T2M::Admin;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Exporter 'import';
use JSON::PP ();

use T2M::Client qw(get);
use T2M::Process qw(wait_until);
use T2M::Root qw(write_file);

our @EXPORT_OK = qw(admin_conf admin_files ask body events settle token_lines write_tokens $TOKEN);

our $TOKEN = 'right-0123456789-abcdefghijklmnopqrstuvwxyz-RIGHT';

sub token_lines {
    my (%tokens) = @_;
    return join '', map { "$_:" . sha256_hex($tokens{$_}) . "\n" } sort keys %tokens;
}

# For `files` of T2M::Server: the token file, as `t2mlog token` would leave it.
sub admin_files {
    my (%tokens) = @_;
    %tokens = (tester => $TOKEN) if !%tokens;
    return ('admin.tokens' => [0600, token_lines(%tokens)]);
}

sub write_tokens {
    my ($server, %tokens) = @_;
    write_file($server->root . '/admin.tokens', token_lines(%tokens), 0600);
}

sub admin_conf {
    return <<'CONF';
T2MLogAdminTokenFile "@ROOT@/admin.tokens"
<Location "/admin/logs">
SetHandler t2mlog-admin
</Location>
CONF
}

# Starts the server and waits until the token counts.
sub start {
    my ($server) = @_;
    $server->start;
    wait_until(10, sub { ask($server, '/health')->{status} == 200 }) or die 'the token does not count';
    return $server;
}

# GET with the right token, unless other headers are given.
sub ask {
    my ($server, $path, @headers) = @_;
    @headers = ('X-Admin-Token' => $TOKEN) if !@headers;
    return get($server->port, "/admin/logs$path", @headers);
}

# The body's JSON; undef when it is none.
sub body {
    my ($answer) = @_;
    return eval { JSON::PP->new->utf8->decode($answer->{body}) };
}

# Until the writer has taken everything in: an answer is not given before.
sub settle {
    my ($server) = @_;
    return ask($server, '/health');
}

# The records of that event (or of all that are not about the endpoints), oldest first.
sub events {
    my ($server, $name) = @_;
    return grep { defined $name ? $_->{event} eq $name : $_->{event} ne 'admin_log_access' }
        $server->records('security');
}

1;
