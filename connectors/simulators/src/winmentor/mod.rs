//! WinMentor simulator.
