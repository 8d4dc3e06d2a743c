# Shows a variable of a Makefile: make -f Makefile -f bench/show.mk show-CC.
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
show-%:
	@echo $($*)
