"""The ways out of this room: files that members take away."""

from ringfence.kernel.registry import door

door("export-file", what="exported items and answers, part by part, each part delivered in the log")
door("import-refused-rows", what="rows of an import that were refused, as they came")
door("work-pin", what="the work log's public key and newest checkpoint")
door("work-receipt", what="the proof of one's own answer in the work log")
door("work-statement", what="how much a labeler has worked")
