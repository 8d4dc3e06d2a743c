// A required file that is not there.
const settings = require('./settings.js');
