package monitor

// Uptime is uptime, for tests.
var Uptime = uptime
