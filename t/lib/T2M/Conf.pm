# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The configuration that every test's own lines are put into.
package T2M::Conf;
use strict;
use warnings;

use T2M::Httpd qw(load_line built server_user);

my @BASE = qw(authz_core log_config logio unixd mime dir alias env setenvif headers);

my $FRAME = <<'CONF';
ServerRoot "@ROOT@"
DefaultRuntimeDir "@ROOT@/run"
PidFile "@ROOT@/run/httpd.pid"
ErrorLog "@ROOT@/logs/error.log"
ServerName test.example
Listen 127.0.0.1:@PORT@
DocumentRoot "@ROOT@/htdocs"
LogLevel warn
StartServers 2
GracefulShutdownTimeout 10
TypesConfig /dev/null
CONF

my $SITE = <<'CONF';
AddType text/html .html
AddType text/plain .txt
DirectoryIndex index.html
<IfModule cgid_module>
ScriptSock "@ROOT@/run/cgid.sock"
</IfModule>
CONF

# Few processes, so that a test can look at each of them.
sub limits {
    my ($mpm) = @_;
    return "ServerLimit 16\nMaxRequestWorkers 16\n" if $mpm eq 'prefork';
    return "ServerLimit 4\nThreadsPerChild 8\nMaxRequestWorkers 32\nMinSpareThreads 4\n";
}

# The user of the children when httpd itself starts as root.
sub user {
    my ($as) = @_;
    return '' if $> != 0 || $as;
    my ($name, $group) = server_user();
    return "User $name\nGroup $group\n";
}

# Takes the options of T2M::Server->new; placeholders are still in the text.
sub text {
    my (%option) = @_;
    my $load = join '', map { load_line($_) } "mpm_$option{mpm}", @BASE, @{ $option{modules} };
    my $own = '';
    if (defined $option{t2mlog}) {
        $own = sprintf qq(LoadModule t2mlog_module "%s"\n%s\n), built('mod_t2mlog.so'),
            $option{t2mlog};
    }
    return $load . $FRAME . limits($option{mpm}) . user($option{as}) . $SITE . $own . $option{conf};
}

1;
