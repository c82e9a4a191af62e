//! Real local servers that behave like WinMentor and CDON, with fault knobs and their own logs
