// An 'error' event that nobody listens for; a system error.
const net = require('node:net');

net.createServer().listen('/srv/app/none/socket');
