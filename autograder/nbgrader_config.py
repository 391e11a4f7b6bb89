"""nbgrader's configuration for a course of C notebooks graded with Oto: copy it to COURSE/nbgrader_config.py.

It adds to nbgrader what it lacks for C: the stub that takes a solution's place, and leaving out the cells that only
`oto-grade check` runs and the truths that only the grader has. Checks compare with expectations, so before `nbgrader autograde` make those of all checks with

    oto-grade release source/NN_topic/NN_topic.ipynb -o release/NN_topic --full expected

This path compares inside the student's own process: it is for honest submissions. `oto-grade run` is for the others.
"""
import os
import shutil

from nbgrader.converters.autograde import Autograde
from nbgrader.converters.generate_assignment import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

COURSE = os.path.dirname(os.path.abspath(__file__))
STUB = '// YOUR CODE HERE\nassert(!"this part is not written yet");'  # release.c holds the same lines


class DropVariants(NbGraderPreprocessor):
    """Leaves out known wrong and other right answers (metadata oto.wrong and oto.right), and notes on mutants."""

    def preprocess(self, nb, resources):
        nb.cells = [cell for cell in nb.cells if not {"wrong", "right"} & set(cell.metadata.get("oto", {}))]
        for cell in nb.cells:
            for key in {"equivalent", "mutants", "open"} & set(cell.metadata.get("oto", {})):
                del cell.metadata["oto"][key]
        return nb, resources


class PlaceExpectations(NbGraderPreprocessor):
    """Puts what the solution observed in all checks, hidden ones too, beside the notebook that is about to run."""

    def preprocess(self, nb, resources):
        name = resources["nbgrader"]["notebook"] + ".expected"
        source = os.path.join(COURSE, "expected", name)
        if not os.path.exists(source):
            raise RuntimeError(f"{source} is missing: run oto-grade release with --full expected (see nbgrader_config.py)")
        shutil.copy(source, os.path.join(resources["metadata"]["path"], name))
        return nb, resources


c = get_config()  # noqa: F821 (nbgrader defines it)
c.ClearSolutions.code_stub = {"c": STUB, "C": STUB, "python": STUB}
c.GenerateAssignment.preprocessors = [DropVariants] + GenerateAssignment.preprocessors.default()
c.Autograde.autograde_preprocessors = [PlaceExpectations] + Autograde.autograde_preprocessors.default()
# nbgrader hands out whatever lies beside a notebook; a truth there would be in the students' release.
c.CourseDirectory.ignore = CourseDirectory.ignore.default() + ["*.truth"]
