"""The figures of the two papers, one per file: `metarl reproduce w18-4`.

W16 is Wang et al. 2016 (arXiv 1611.05763), W18 Wang et al. 2018 (doi 10.1038/s41593-018-0147-8).
A file `w18_4.py` is the figure `w18-4`. It has a `TITLE`, and says in `SHOWS` what the paper shows;
its function `reproduce` plays the agents of all seeds and returns what came out.
"""
