<?php
// Licensed under the Apache License, Version 2.0; see the file LICENSE.
//
// PHP inside httpd (mod_php): apache_note() sets what is on every line of the request from here on.
// PHP-FPM runs outside; there, send headers and use context.conf:
//     header('X-T2MLog-User-Id: 42');

apache_note('t2mlog.user_id', '42');
apache_note('t2mlog.feature', 'translation');

header('Content-Type: text/plain');
error_log('translating');       // this line of the error log has user_id and feature, too
echo "translated\n";
