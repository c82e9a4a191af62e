//! The WinMentor ERP over an HTTP bridge: records, packets, session, translation
