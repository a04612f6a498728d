package layer

// Members lists an example of each layer.
var Members = members
