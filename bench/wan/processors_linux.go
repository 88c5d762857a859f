package wan

import (
	"runtime"
	"sync"
)

// processors holds one of Go's processors for each link that runs. Its thread
// comes back from each sleep as a goroutine that needs one; if others of the
// program have them all it waits for up to 10 ms, which measured as 22 ms more
// RTT. What it counts is the whole program's, and so is this.
var processors struct {
	sync.Mutex
	before, links int // GOMAXPROCS without links; links
}

func reserveProcessor() {
	processors.Lock()
	defer processors.Unlock()
	if processors.links == 0 {
		processors.before = runtime.GOMAXPROCS(0)
	}
	processors.links++
	runtime.GOMAXPROCS(processors.before + processors.links)
}

func releaseProcessor() {
	processors.Lock()
	defer processors.Unlock()
	processors.links--
	runtime.GOMAXPROCS(processors.before + processors.links)
}
