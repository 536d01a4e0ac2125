package keys

// CreateOnce is FileOrNew with the function that makes links, to stand in for file systems that have none.
var CreateOnce = createOnce
